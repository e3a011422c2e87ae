"""What stands in objects of the cluster that other people write: Secrets, ConfigMaps, annotations.

The API server is answered for with bodies as it sends them; it has checked their form, and none of what is in them.
"""

import asyncio
import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import chain
from typing import Any

from builders import CONNECTION, NOW, recurring, run, spec, status, window
from hypothesis import strategies as st
from lone_campaign import Life, LoneStore, WillingDialer, wire
from structlog.testing import capture_logs

from campaign_operator.adapters.cxone.connection_secret import parse_connection
from campaign_operator.adapters.kubernetes.api_server import APIAnswer, APIServer
from campaign_operator.adapters.kubernetes.calendars import Calendars
from campaign_operator.adapters.kubernetes.campaign_wire import MAX_SAID, store_error
from campaign_operator.adapters.kubernetes.keyed_objects import KeyedObjects
from campaign_operator.adapters.short_steps import ShortSteps
from campaign_operator.api.calling_hours_spec import ExcludeDatesSource
from campaign_operator.api.vocabulary import (
    HAS_RUN_ANNOTATION,
    REQUESTED_AT_ANNOTATION,
    RESOLVE_ANNOTATION,
    WindowState,
)
from campaign_operator.domain.calendars.gathered_dates import MAX_DATES
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.secret_value import SecretValueError
from campaign_operator.domain.dialing.signing_secret import LARGEST_KEY_BYTES, SMALLEST_KEY_BYTES, signing_key
from campaign_operator.domain.problem import Problem
from campaign_operator.engine.ports import StoreUnavailableError
from campaign_operator.validation.policy_file import InvalidPolicyError, read_policy
from fuzz.inputs import CLIENT_SECRET, SECRETS, TEXTS, VALUES, assert_tells_no_secret, objects, spoiled
from fuzz.target import Target
from manual_clock import ManualClock

Data = Mapping[str, bytes]

DATES = ExcludeDatesSource.model_validate({"configMapKeyRef": {"name": "holidays", "key": "dates"}})
KEYS = ("client-id", "client-secret", "environment", "token-url", "api-base-url", "scope")

_BYTES = st.one_of(
    spoiled(st.sampled_from([b"na1", b"operator\n", b"https://api.example/path/", b"https://api.example:99999"])),
    st.text(max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from([secret.encode() for secret in SECRETS]),
)


_NO_SIGNING_SECRET = "key key must be whsec_ followed by base64 of 24 to 64 bytes, as Standard Webhooks defines it"


class StandIn(APIServer):
    """Answers every request alike."""

    def __init__(self) -> None:
        self.answer = APIAnswer(404, "Not Found", None)

    async def request(self, *_arguments: Any, **_options: Any) -> APIAnswer:
        return self.answer


@contextmanager
def _connection() -> Iterator[Callable[[Data], None]]:
    def check(data: Data) -> None:
        found = parse_connection("cxone", data)
        assert isinstance(found, Connection | Problem)
        assert CLIENT_SECRET not in repr(found)
        if isinstance(found, Problem):
            assert_tells_no_secret(found.message)
            assert len(found.message) < 512
        else:
            assert found.client_secret
            assert found.token_url.startswith("https://")
            assert found.api_base_url.startswith("https://")

    yield check


@contextmanager
def _signing_secret() -> Iterator[Callable[[bytes], None]]:
    def check(value: bytes) -> None:
        try:
            found: bytes | str = signing_key({"key": value}, "key")
        except SecretValueError as error:
            found = str(error)
        if isinstance(found, bytes):
            assert SMALLEST_KEY_BYTES <= len(found) <= LARGEST_KEY_BYTES
        else:
            assert found == _NO_SIGNING_SECRET

    yield check


@contextmanager
def _calendar() -> Iterator[Callable[[bytes], None]]:
    api = StandIn()
    with asyncio.Runner() as runner:

        def check(text: bytes) -> None:
            metadata = {"uid": "1", "resourceVersion": "1"}
            encoded = base64.b64encode(text).decode()
            api.answer = APIAnswer(200, "OK", {"metadata": metadata, "binaryData": {"dates": encoded}})
            clock = ManualClock()
            calendars = Calendars(KeyedObjects(api, clock), clock, ShortSteps())
            found = runner.run(calendars.excluded_dates("sales", DATES, max_age_seconds=0))
            if isinstance(found, Problem):
                assert found.message.isprintable()
                assert len(found.message) < 8192
            else:
                assert len(found) <= MAX_DATES
                assert all(isinstance(day, date) for day in found)

        yield check


@contextmanager
def _policy() -> Iterator[Callable[[bytes], None]]:
    def check(text: bytes) -> None:
        refused = ""
        try:
            found = read_policy(text, file="policy.yaml", name="the policy")
        except InvalidPolicyError as error:
            refused = str(error)
        else:
            for zone in ("Europe/Berlin", "US/Eastern"):
                spans = [found.of(zone).spans_on(date(2026, 12, day)) for day in range(1, 32)]
                assert all(span.start < span.end for each in spans for span in each)
        assert all(line.isprintable() and len(line) < 4096 for line in refused.split("\n"))

    yield check


@contextmanager
def _answers() -> Iterator[Callable[[tuple[int, Any]], None]]:
    api = StandIn()
    with asyncio.Runner() as runner:

        def check(given: tuple[int, Any]) -> None:
            code, body = given
            api.answer = APIAnswer(code, "canary", body)
            clock = ManualClock()
            calendars = Calendars(KeyedObjects(api, clock), clock, ShortSteps())
            try:
                runner.run(calendars.excluded_dates("sales", DATES, max_age_seconds=0))
            except StoreUnavailableError as error:
                assert_tells_no_secret(str(error))

        yield check


@contextmanager
def _refusals() -> Iterator[Callable[[tuple[int, Any]], None]]:
    def check(given: tuple[int, Any]) -> None:
        code, body = given
        error = store_error(APIAnswer(code, "Refused", body), "writing the status")
        assert isinstance(error, StoreUnavailableError)
        assert len(str(error)) < 2 * MAX_SAID
        assert _VALUE not in str(error), "a value of the user's is told"

    yield check


@contextmanager
def _annotations() -> Iterator[Callable[[Mapping[str, str]], None]]:
    held = run(
        window(WindowState.HELD),
        window(WindowState.SUBMITTED, time_zone="Europe/London"),
        connection_hash=CONNECTION.hash,
    )
    campaigns = [wire(of, status(held).to_wire()) for of in (spec(onUncertain="Hold"), recurring(onUncertain="Hold"))]

    async def look(campaign: dict[str, Any]) -> dict[str, Any] | None:
        life = Life(LoneStore(campaign), WillingDialer(), ManualClock(NOW))
        await life.play(60, looks=2)
        assert life.dialer.doubles == []
        return life.store.wire

    with asyncio.Runner() as runner:

        def check(annotations: Mapping[str, str]) -> None:
            for campaign in campaigns:
                annotated = {**campaign, "metadata": {**campaign["metadata"], "annotations": dict(annotations)}}
                with capture_logs() as logs:
                    kept = runner.run(look(annotated))
                bad = [
                    line
                    for line in logs
                    if line["event"] in ("unexpected error", "too many actions in one pass; waiting")
                ]
                assert bad == []
                assert kept is not None

        yield check


_POLICY_LINES = (
    "start: '08:00'",
    "end: 21:00",
    "end: '24:00'",
    "days: [Mon, Tue]",
    "weekly: [{days: [Mon], start: '08:00', end: '12:00'}, {days: [Mon], start: '12:00', end: '13:00'}]",
    "holidays: [{country: DE, subdivision: BY}]",
    "excludeDates: [2026-12-24, '2026-02-30']",
    "zones: [{timeZones: [Europe/Berlin], holidays: [{country: DE}]}]",
    "zones: [{timeZones: &z [Europe/Berlin, *z]}]",
    "<<: {start: '09:00'}",
    "---",
)
_POLICIES = st.lists(st.sampled_from(_POLICY_LINES) | st.text(max_size=12), max_size=6).map(
    lambda lines: "\n".join(lines).encode("utf-8", "surrogatepass")
)

_VALUE = "canary-value"
_CAUSES = objects(
    field=st.sampled_from(["spec.contacts[0].id", "spec.webhook.url", "metadata.annotations"]),
    message=st.just(f'Invalid value: "{_VALUE}"'),
    reason=st.sampled_from(["FieldValueInvalid", "FieldValueDuplicate"]),
)
_DETAILS = objects(causes=st.lists(_CAUSES, min_size=1, max_size=8))
_REFUSALS = st.fixed_dictionaries(
    {
        "message": st.just(f'OutboundCampaign is invalid: "{_VALUE}"'),
        "details": st.just({"causes": [{"field": "spec"}]}),
    }
) | objects(message=TEXTS, details=_DETAILS)
_RUN = run().id
_ENTRIES = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from([_RUN, "unknown", "20261123T0900", ""]) | st.text(max_size=6),
    st.sampled_from(["/", "//", "", " / "]),
    st.sampled_from(["America/New_York", "Europe/London", "Mars/Base", ""]) | st.text(max_size=6),
    st.sampled_from(["=", "==", "", " = "]),
    st.sampled_from(["Resubmit", "Abandon", "Ignore", "s-1", "s-2"]) | st.text(max_size=6),
)
_RESOLVE = st.one_of(
    st.lists(_ENTRIES, max_size=3).map(",".join),
    st.text(max_size=20),
    st.builds(lambda part, times: part * times, _ENTRIES, st.just(500)),
)
_WRITTEN = st.text(max_size=20) | st.sampled_from(["", " ", "2026-11-25T12:00:00Z", "x" * 262_144])

_RULE_PARTS = st.lists(
    st.sampled_from(
        [
            *("FREQ=YEARLY", "FREQ=MONTHLY", "FREQ=WEEKLY", "FREQ=DAILY", "FREQ=HOURLY", "INTERVAL=2", "INTERVAL=0"),
            *("COUNT=3", "COUNT=999999999", "UNTIL=20300101", "UNTIL=20300101T000000Z", "UNTIL=x", "BYMONTH=2,11"),
            *(
                "BYMONTHDAY=30",
                "BYMONTHDAY=-1",
                "BYDAY=4TH",
                "BYDAY=SA,SU",
                "BYDAY=-1MO",
                "BYYEARDAY=366",
                "BYWEEKNO=1",
            ),
            *("BYSETPOS=-1", "BYSETPOS=0", "WKST=SU", "=", "BYDAY=\u0664TH"),
        ]
    )
    | TEXTS,
    max_size=4,
).map(";".join)
_DAYS = st.sampled_from(["20261225", "00010101", "99991231", "20260229", "20261225T100000Z", "20261225,20261226", "x"])
_PROPERTIES = st.one_of(
    st.builds("{}{}:{}".format, st.sampled_from(["DTSTART"]), st.sampled_from(["", ";VALUE=DATE", ';X="a:b"']), _DAYS),
    st.builds("{}:{}".format, st.sampled_from(["DTEND", "RDATE", "EXDATE", "RECURRENCE-ID", "UID"]), _DAYS),
    st.builds("DURATION:P{}{}".format, st.integers(-1, 20_000), st.sampled_from(["D", "W", "DT0H", "T1H"])),
    _RULE_PARTS.map("RRULE:{}".format),
    st.sampled_from(["BEGIN:VALARM", "END:VEVENT", " 1", "STATUS:CANCELLED", "dtstart;value=date:20261225"]),
    TEXTS,
)


def _lines(lines: Sequence[str]) -> bytes:
    return "\n".join(lines).encode("utf-8", "surrogatepass")


OBJECT_TARGETS = (
    Target("a connection Secret", st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, _BYTES)), _connection),
    Target(
        "a signing secret",
        st.one_of(
            spoiled(st.binary(max_size=80).map(lambda key: b"whsec_" + base64.b64encode(key))),
            st.text(max_size=12).map(lambda text: b"whsec_" + text.encode("utf-8", "surrogatepass")),
            _BYTES,
        ),
        _signing_secret,
        found=("whsec_\xa0".encode(),),
    ),
    Target(
        "a calendar",
        spoiled(
            st.lists(
                st.sampled_from(["2026-12-25", "2026-12-26 # x", "", "2026-02-30", "\ufeff", "26-1-1"])
                | st.text(max_size=8)
            ).map(_lines)
        ),
        _calendar,
    ),
    Target("a policy", spoiled(_POLICIES), _policy),
    Target(
        "a calendar in CSV",
        spoiled(
            st.tuples(
                st.sampled_from(["date", "Da_te;name", "name\tdate", "sep=|\nname|date", "date,Date", '"da\nte"', "x"]),
                st.lists(st.sampled_from(["2026-12-25", '"2026-12-25";x', ";2026-12-25", "", "1.1.2027", '"']) | TEXTS),
            ).map(lambda table: _lines([table[0], *table[1]]))
        ),
        _calendar,
    ),
    Target(
        "an iCalendar file",
        spoiled(
            st.lists(
                st.lists(_PROPERTIES, max_size=5).map(lambda lines: ["BEGIN:VEVENT", *lines, "END:VEVENT"]), max_size=4
            ).map(lambda events: _lines(["BEGIN:VCALENDAR", *chain.from_iterable(events), "END:VCALENDAR"]))
        ),
        _calendar,
        found=tuple(
            _lines(["BEGIN:VCALENDAR", *["BEGIN:VEVENT", *lines, "END:VEVENT"] * times, "END:VCALENDAR"])
            for lines, times in (
                (["DTSTART;VALUE=DATE:00010101", "RRULE:FREQ=DAILY;COUNT=999999999"], 10_000),
                (["DTSTART:20260101", "DURATION:P9999D", "RRULE:FREQ=DAILY"], 10_000),
                (["DTSTART:20260101", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"], 10_000),
                (["DTSTART:20260101", "RRULE:FREQ=SECONDLY"], 10_000),
                (["DTSTART:99991231", "DURATION:P9999D", "RDATE:99991231"], 1),
                (["DTSTART:20260101", "EXDATE:" + ",".join(["20260102"] * 9000)], 10),
                (["BEGIN:VEVENT"] * 70_000, 1),
            )
        ),
    ),
    Target(
        "an answer of the API server",
        st.tuples(
            st.sampled_from([200, 200, 200, 403, 404, 500]),
            objects(metadata=objects(uid=VALUES, resourceVersion=VALUES), data=VALUES, binaryData=VALUES) | VALUES,
        ),
        _answers,
        found=(
            (200, {}),
            (200, {"metadata": {}}),
            (200, {"metadata": {"uid": "1", "resourceVersion": "1"}, "data": True}),
            (200, {"metadata": {"uid": "1", "resourceVersion": "1"}, "data": {"dates": None}}),
        ),
    ),
    Target("a refusal of the API server", st.tuples(st.sampled_from([400, 403, 422, 429, 500]), _REFUSALS), _refusals),
    Target(
        "annotations",
        st.fixed_dictionaries(
            {}, optional={RESOLVE_ANNOTATION: _RESOLVE, REQUESTED_AT_ANNOTATION: _WRITTEN, HAS_RUN_ANNOTATION: _WRITTEN}
        ),
        _annotations,
    ),
)
