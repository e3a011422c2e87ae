"""A policy as it is written: read as a person means it, or refused with the line, the field and what to change."""

import time

import pytest

from campaign_operator.validation.policy_file import MAX_POLICY_BYTES, InvalidPolicyError, read_policy

WHOLE = b"""\xef\xbb\xbf# who may be called when\r
weekly:\r
- {days: [Mon, Tue, Wed, Thu, Fri], start: "09:00", end: 20:00}
- {days: [Sat], start: "10:00", end: "13:00"}
holidays: [{country: US, subdivision: TX}]
excludeDates: [2026-12-24]
zones:
- timeZones: [Europe/Berlin]
  holidays: [{country: DE}]
"""


def told(data: bytes) -> str:
    with pytest.raises(InvalidPolicyError) as error:
        read_policy(data, file="p.yaml", name="the policy")
    return str(error.value)


def test_a_policy_has_the_shape_of_calling_hours() -> None:
    found = read_policy(WHOLE, file="p.yaml", name="the policy")
    assert found.name == "the policy"
    assert found.everywhere.text == "09:00 to 20:00 on Mon, Tue, Wed, Thu, Fri; 10:00 to 13:00 on Sat"
    assert {str(calendar) for calendar in found.holidays} == {"US-TX", "DE"}
    assert read_policy(b'{"end": "20:00"}', file="p.json", name="x").everywhere.text == "08:00 to 20:00"


def test_a_comment_makes_no_other_policy() -> None:
    first = read_policy(b"end: '20:00'", file="p.yaml", name="x")
    assert read_policy(b"# sooner\nend: 20:00\n", file="q.yaml", name="x") == first
    assert read_policy(b"end: '19:00'", file="p.yaml", name="x") != first


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "p.yaml, line 1: is empty; write the hours into it"),
        (b"# nothing\n---\n", "p.yaml, line 1: is empty"),
        (b"end: '20:00'\n---\nend: '19:00'", "p.yaml, line 3: a policy is one document"),
        (b"- 1", "p.yaml, line 1: must be a map, but is a list"),
        (b"start: '08:00'\nend: '7:00'", 'p.yaml, line 2: end: Invalid value: "7:00": must be a valid time of day'),
        (b"start: '08:00'\n\nend: '07:00'", "p.yaml, line 1: start: start must be before end"),
        (b"weekly: []\nend: '07:00'", "p.yaml, line 1: weekly: must have at least 1 item"),
        (
            b"weekly:\n- {days: [Mon], start: '08:00', end: '12:00'}\n- {days: [Mon], start: '11:00', end: '13:00'}",
            "p.yaml, line 1: weekly: must not have two spans that overlap on a day",
        ),
        (b"excludeDates:\n- 2026-12-24\n- 2026-02-30", "p.yaml, line 3: excludeDates[1]:"),
        (b"holidays:\n- {country: Germany}", "p.yaml, line 2: holidays[0].country:"),
        (b"zones:\n- timeZones: [Europe/Berlni]", 'did you mean "Europe/Berlin"?'),
        (b"zones:\n- timeZones: [GB]\n- timeZones: [GB]", "p.yaml, line 3: zones[1].timeZones[0]: Duplicate value"),
        (b"outside: Skip", "p.yaml, line 1: outside: unknown field"),
        (b"policyFrom: {configMapKeyRef: {name: a, key: b}}", "p.yaml, line 1: policyFrom: unknown field"),
        (b"kind: ConfigMap\ndata: {}", "p.yaml, line 1: kind: unknown field"),
        (b"end: &e '20:00'\nstart: *e", "p.yaml, line 2: *e is not allowed here; write the value out"),
        (b"end: '20:00'\nend: '21:00'", 'p.yaml, line 2: duplicate key "end"'),
        (b"end: '20:00'\n# \xff", "p.yaml, line 2: is not UTF-8 text"),
        (b"#" * (MAX_POLICY_BYTES + 1), "p.yaml, line 1: is larger than 256 KiB"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_field(data: bytes, words: str) -> None:
    assert words in told(data)


def test_every_error_is_told_at_once_and_of_very_many_the_first() -> None:
    assert len(told(b"start: 8\nend: 9\nholidays: [{country: Germany}]\ndays: [Monday]").splitlines()) == 3
    many = told(b"".join(b"field%d: 1\n" % number for number in range(1000)))
    assert many.splitlines()[-1] == "and 980 more"


@pytest.mark.parametrize(
    "data",
    [
        b"".join(b"k%d: 1\n" % number for number in range(25_000)),
        b"weekly: [" + b"{}," * 80_000 + b"]",
        b"excludeDates: [" + b"x," * 120_000 + b"]",
        b"zones: [" + b"{timeZones: [x]}," * 14_000 + b"]",
        b"\n---\n" * 50_000,
        b"[" * 250_000,
    ],
)
def test_no_text_takes_more_than_seconds(data: bytes) -> None:
    assert len(data) <= MAX_POLICY_BYTES
    begun = time.process_time()
    told(data)
    assert time.process_time() - begun < 5
