"""The picture of a preview: what is in it, and what must never be."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element, fromstring

import pytest
from builders import blueprint, spec
from forecasts import MATCH, NOW, OPEN_HOURS, everything

from campaign_operator.api.calling_hours_spec import HoursSpec
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.domain.planning.read_inputs import ReadInputs
from campaign_operator.domain.planning.written_hours import parse_policy
from campaign_operator.domain.planning.zones import ZONE_NAMES
from campaign_operator.preview.forecast import Forecast, forecast, holidays_of, open_hours
from campaign_operator.preview.picture import MAX_ROWS_UNGROUPED, picture_of
from campaign_operator.preview.svg import forecast_svg

SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = {*("svg", "title", "desc", "style", "defs", "pattern", "path", "rect", "text", "g", "circle")}
BEFORE_CHANGE = datetime(2026, 10, 24, 6, tzinfo=UTC)
ALL_WEEK = {"days": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], "start": "08:00"}
ZONES = sorted(ZONE_NAMES)


def drawn(of: Forecast, hours: bool = False) -> Element:
    return fromstring(forecast_svg(of, OPEN_HOURS if hours else None))  # noqa: S314 - made here


def classes(svg: Element, tag: str) -> list[str]:
    return [element.get("class", "") for element in svg.iter(f"{SVG}{tag}")]


def of(zones: list[str], now: datetime = NOW, count: int = 1, **changes: object) -> Forecast:
    contacts = [{"id": f"c{number}", "timeZone": zone} for number, zone in enumerate(zones)]
    drawn_from = blueprint(spec(contacts=contacts, **changes))
    return forecast(CampaignRef("sales", "spring"), drawn_from, now, 30, count)


def test_a_campaign_named_script_is_text_and_nothing_else() -> None:
    text = forecast_svg(everything("<script>alert('&\"]]>')</script>\x00\x1b"), OPEN_HOURS)
    assert "<script" not in text
    svg = fromstring(text)  # noqa: S314 - made here
    assert "<script>alert('&\"]]>')</script>\ufffd\ufffd" in (svg.findtext(f"{SVG}title") or "")


@pytest.mark.parametrize("picture", [everything(), of(ZONES, cron="30 1 * * *", now=BEFORE_CHANGE)])
def test_there_is_no_script_no_handler_and_no_outside_reference(picture: Forecast) -> None:
    text = forecast_svg(picture, OPEN_HOURS)
    svg = fromstring(text)  # noqa: S314 - made here
    assert {element.tag for element in svg.iter()} == {f"{SVG}{name}" for name in ELEMENTS} & {
        e.tag for e in svg.iter()
    }
    assert not [name for element in svg.iter() for name in element.attrib if name.startswith("on") or "href" in name]
    assert set(re.findall(r"https?://[^\"]+", text)) == {"http://www.w3.org/2000/svg"}
    assert set(re.findall(r"url\(([^)]*)\)", text)) <= {"#closed"}
    assert "@import" not in text


def test_light_and_dark_are_both_there() -> None:
    assert "@media (prefers-color-scheme: dark)" in forecast_svg(everything())


def test_everything_that_happens_is_drawn_and_explained() -> None:
    svg = drawn(everything(), hours=True)
    words = [text.text or "" for text in svg.iter(f"{SVG}text")]
    for meaning in ("open for calls", "night, 22 to 6 local time", "closed", "skipped in this run"):
        assert meaning in words
    assert any(word.startswith("deferred") for word in words)
    assert "08:00\u201312:00" in words
    assert classes(svg, "path").count("arrow") == 2  # one window, and the legend
    assert classes(svg, "path").count("skipped") == 2
    assert "clocks change" not in words


def test_what_does_not_happen_is_not_explained() -> None:
    words = [text.text for text in drawn(of(["Etc/UTC"], cron="0 12 * * *")).iter(f"{SVG}text")]
    assert "skipped in this run" not in words
    assert "closed" not in words


def test_an_arrow_leads_from_where_the_match_was() -> None:
    svg = drawn(everything())
    (dot, _) = svg.iter(f"{SVG}circle")
    bars = {group.findtext(f"{SVG}title"): group.find(f"{SVG}rect") for group in svg.iter(f"{SVG}g")}
    at_match = next(bar for title, bar in bars.items() if title and title.startswith("Europe/London:"))
    assert at_match is not None
    assert dot.get("cx") == at_match.get("x")


def test_a_change_of_the_clocks_is_marked_where_it_is() -> None:
    picture = picture_of(of(["Europe/London"], now=BEFORE_CHANGE, cron="30 1 * * *"))
    change = picture.rows[0].clock_changes[0]
    assert change.at == datetime(2026, 10, 25, 1, tzinfo=UTC)
    assert (change.after - change.before).total_seconds() == -3600


def test_the_night_is_that_of_the_zone() -> None:
    picture = picture_of(of(["America/New_York"], cron="0 5 * * *"))
    assert (datetime(2026, 11, 26, 9, tzinfo=UTC), datetime(2026, 11, 26, 11, tzinfo=UTC)) in picture.rows[0].nights


def test_closed_hours_are_what_is_left_of_the_open_ones() -> None:
    picture = picture_of(everything(), OPEN_HOURS)
    rows = {row.zones[0]: row for row in picture.rows}
    assert rows["America/Los_Angeles"].closed == ((picture.first, MATCH.replace(hour=16)),)
    assert picture_of(everything()).rows[0].closed == ()


def test_up_to_forty_zones_have_a_row_each_and_more_share_rows() -> None:
    assert len(picture_of(of(ZONES[:MAX_ROWS_UNGROUPED])).rows) == MAX_ROWS_UNGROUPED
    grouped = picture_of(of(ZONES[:420]))
    assert len(grouped.rows) < 60
    assert sum(len(row.zones) for row in grouped.rows) == 420
    assert sum(row.contacts for row in grouped.rows) == 420


def test_zones_that_share_a_row_share_every_instant() -> None:
    picture = picture_of(of(ZONES, now=BEFORE_CHANGE, count=2))
    windows = {w.time_zone: (w.start, w.end) for w in picture.forecast.runs[1].windows}
    for row in picture.rows:
        assert {windows[zone] for zone in row.zones} == {(row.windows[1].start, row.windows[1].end)}


def test_zones_of_one_offset_and_different_windows_share_no_row() -> None:
    plain = of([zone for zone in ZONES if zone.startswith("America/")], cron="0 12 * * *")
    (run,) = plain.runs
    moved = tuple(replace(w, start=w.match + timedelta(minutes=number % 2)) for number, w in enumerate(run.windows))
    together = len(picture_of(plain).rows)
    apart = picture_of(replace(plain, runs=(replace(run, windows=moved),))).rows
    assert len(apart) > together
    assert {w.start for w in moved} == {row.windows[0].start for row in apart}


def test_fifty_runs_of_the_world_are_still_a_picture_of_bounded_size() -> None:
    assert len(forecast_svg(of(ZONES, count=50, cron="0 9 1 * *"))) < 3_000_000


def test_matches_that_are_passed_over_are_told_under_the_title_and_in_full_where_one_points() -> None:
    svg = drawn(of(["Asia/Tokyo", "America/New_York"]))
    passed = "skips 1 match of cron, 2026-11-25T09:00: already past in Asia/Tokyo (1 contact)"
    said = f"before run 20261126T0900: {passed}"
    texts = ["".join(element.itertext()) for element in svg.iter(f"{SVG}text")]
    assert said in texts
    assert said in [element.text for element in svg.iter(f"{SVG}title")]
    assert "passes over" not in forecast_svg(of(["America/New_York"]))


@pytest.mark.parametrize("by_a_policy", [False, True], ids=["the campaign's", "a policy's"])
def test_closed_hours_are_those_of_the_rules_of_each_zone_and_holidays_are_marked(by_a_policy: bool) -> None:
    zones = ["America/Chicago", "Europe/London"]
    contacts = [{"id": zone, "timeZone": zone} for zone in zones]
    american = {"timeZones": zones[:1], "holidays": [{"country": "US"}], "weekly": [{**ALL_WEEK, "end": "12:00"}]}
    policies = (parse_policy(HoursSpec.model_validate({"zones": [american]}), "a policy"),) if by_a_policy else ()
    hours = {} if by_a_policy else {"zones": [american]}
    of_spec = spec(contacts=contacts, startMode="SameInstant", callingHours=hours)
    asked = blueprint(of_spec, ReadInputs(policies=policies))
    found = forecast(CampaignRef("sales", "spring"), asked, NOW, 30, 1)
    picture = picture_of(found, open_hours(found, asked), holidays_of(found, asked))
    chicago, london = sorted(picture.rows, key=lambda row: row.zones)
    # Thanksgiving is closed, so Chicago opens on Friday at eight
    assert chicago.closed[0] == (picture.first, datetime(2026, 11, 27, 14, tzinfo=UTC))
    assert london.closed[0][0] == datetime(2026, 11, 26, 21, tzinfo=UTC)
    midnight = datetime(2026, 11, 27, 6, tzinfo=UTC)
    assert (chicago.holidays, london.holidays) == (((picture.first, midnight, "Thanksgiving Day"),), ())
    svg = fromstring(forecast_svg(found, open_hours(found, asked), holidays_of(found, asked)))  # noqa: S314 - made here
    assert [title.text for title in svg.iter(f"{SVG}title")].count("America/Chicago: Thanksgiving Day") == 1
    assert classes(svg, "rect").count("holiday") == 2, "in the row and in the legend"
    source = "a policy" if by_a_policy else "spec.callingHours.zones"
    because = f"(DeferredToOpening, {source}: 2026-11-26 is Thanksgiving Day in US)"
    assert any((title.text or "").endswith(because) for title in svg.iter(f"{SVG}title"))
