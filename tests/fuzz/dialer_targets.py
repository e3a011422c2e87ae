"""What a dialer and its token endpoint answer. A wrong reading of it calls people twice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, get_args

from hypothesis import strategies as st

from campaign_operator.adapters.cxone.wire import LONGEST_ID
from campaign_operator.domain.dialing.outcomes import (
    Accepted,
    Analytics,
    AnalyticsOutcome,
    AnalyticsQuery,
    AuthenticateOutcome,
    CancelOutcome,
    Listing,
    ListOutcome,
    NotSent,
    Rejected,
    Schedule,
    Span,
    SubmitOutcome,
)
from dialer_kit import SCHEDULE, Granted
from fuzz.inputs import (
    BASIC,
    CLIENT_SECRET,
    NUMBERS,
    SECRETS,
    TEXTS,
    TOKEN,
    HTTPAnswer,
    assert_tells_no_secret,
    encoded,
    http_answers,
    objects,
    spoiled,
)
from fuzz.served import CONNECTION, Served, served
from fuzz.target import Target

Answers = list[HTTPAnswer]

_ERRORS = objects(message=TEXTS, error=TEXTS, detail=TEXTS, title=TEXTS, error_description=TEXTS)
_STATUSES = st.sampled_from([200, 200, 201, 204, 304, 400, 401, 403, 404, 405, 409, 422, 429, 500, 501, 503])
_GOOD = st.sampled_from([200, 200, 200, 200, 201, 429, 500])
_IDS = st.one_of(st.sampled_from(["s-1", "s-2", "s-3", *SECRETS, f"Bearer {TOKEN}"]), st.text(max_size=20))
_TIMES = st.sampled_from(
    [
        *("2026-11-25T09:00:00-05:00", "2026-11-25T18:00:00Z", "2026-11-25 14:00:00.123456789+00:00"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z", "2026-11-25T24:00:00Z"),
        *("2026-11-25T23:59:60Z", "2026-11-25T09:00:00+29:59", "2026-11-25"),
    ]
)
_ROWS = objects(
    id=_IDS,
    campaignId=st.just(SCHEDULE.campaign_id),
    timezone=st.sampled_from(["America/New_York", "Etc/UTC", TOKEN]) | st.text(max_size=20),
    startTime=_TIMES,
    endTime=_TIMES,
    state=st.sampled_from(["SCHEDULED", "RUNNING", "FINISHED", "CANCELLED"]),
)
_COUNTS = objects(
    campaignId=st.just(SCHEDULE.campaign_id) | TEXTS,
    callsCompleted=st.integers(0, 5) | NUMBERS,
    callsAttempted=st.integers(0, 5) | NUMBERS,
    connected=st.integers(0, 5) | NUMBERS,
)


def _pages(rows: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    total = st.sampled_from([1, 1, 1, 2]) | NUMBERS
    return objects(data=st.lists(rows, max_size=3), page=st.sampled_from([1, 1, 2]), totalPages=total)


def _answers(bodies: st.SearchStrategy[Any], statuses: st.SearchStrategy[int]) -> st.SearchStrategy[Answers]:
    either = spoiled(st.one_of(bodies, bodies, _ERRORS).map(encoded))
    return st.lists(http_answers(either, statuses), min_size=1, max_size=3)


@contextmanager
def _submission() -> Iterator[Callable[[Answers], None]]:
    with served() as by:

        def check(answers: Answers) -> None:
            by.give(answers)
            outcome = by.runner.run(by.dialer().submit(CONNECTION, SCHEDULE, Granted()))
            assert isinstance(outcome, get_args(SubmitOutcome))
            assert not isinstance(outcome, NotSent), "it was sent"
            if isinstance(outcome, Accepted):
                _assert_usable(outcome.schedule_id, answers)
            if isinstance(outcome, Rejected):
                assert outcome.code in (400, 422)
                assert any(b" %d" % outcome.code in answer.data for answer in answers)
            assert_tells_no_secret(repr(outcome))

        yield check


def _assert_usable(schedule_id: str, answers: Answers) -> None:
    assert 0 < len(schedule_id) <= LONGEST_ID
    assert schedule_id.isprintable()
    assert any(answer.data.startswith(b"HTTP/1.1 2") for answer in answers)


@contextmanager
def _listing() -> Iterator[Callable[[Answers], None]]:
    span = Span(SCHEDULE.start, SCHEDULE.end)
    with served() as by:

        def check(answers: Answers) -> None:
            for asked in (None, span):
                by.give(answers)
                outcome = by.runner.run(by.dialer().list_schedules(CONNECTION, SCHEDULE.campaign_id, asked))
                assert isinstance(outcome, get_args(ListOutcome))
                if isinstance(outcome, Listing):
                    assert len({schedule.id for schedule in outcome.schedules}) == len(outcome.schedules)
                    for schedule in outcome.schedules:
                        _assert_readable(schedule)
                assert_tells_no_secret(repr(outcome))

        yield check


def _assert_readable(schedule: Schedule) -> None:
    assert schedule.id.isprintable()
    assert schedule.time_zone.isprintable()
    assert schedule.start.tzinfo is not None
    assert schedule.end.tzinfo is not None


@contextmanager
def _analytics() -> Iterator[Callable[[Answers], None]]:
    query = AnalyticsQuery(frozenset({SCHEDULE.campaign_id}), SCHEDULE.start, SCHEDULE.end)
    with served() as by:

        def check(answers: Answers) -> None:
            by.give(answers)
            outcome = by.runner.run(by.dialer().fetch_analytics(CONNECTION, query))
            assert isinstance(outcome, get_args(AnalyticsOutcome))
            if isinstance(outcome, Analytics):
                assert set(outcome.counts) <= query.campaign_ids
                for counts in outcome.counts.values():
                    assert min(counts.completed, counts.attempted, counts.connected) >= 0
            assert_tells_no_secret(repr(outcome))

        yield check


@contextmanager
def _cancellation() -> Iterator[Callable[[Answers], None]]:
    with served() as by:

        def check(answers: Answers) -> None:
            by.give(answers)
            outcome = by.runner.run(by.dialer().cancel(CONNECTION, SCHEDULE.campaign_id, "s-1", Granted()))
            assert isinstance(outcome, get_args(CancelOutcome))
            assert_tells_no_secret(repr(outcome))

        yield check


@contextmanager
def _token() -> Iterator[Callable[[Answers], None]]:
    with served() as by:

        def check(answers: Answers) -> None:
            by.give([], token=answers[0])
            outcome = by.runner.run(_authenticated(by))
            assert isinstance(outcome, get_args(AuthenticateOutcome))
            assert_tells_no_secret(repr(outcome), (CLIENT_SECRET, BASIC))

        yield check


async def _authenticated(by: Served) -> AuthenticateOutcome:
    return await by.dialer().authenticate(CONNECTION)


_TOKENS = objects(
    access_token=st.just(TOKEN) | TEXTS,
    token_type=st.sampled_from(["Bearer", "bearer"]),
    expires_in=NUMBERS | st.sampled_from(["3600", "1e9", "NaN", "-1", "\N{ARABIC-INDIC DIGIT FIVE}"]),
)

DIALER_TARGETS: tuple[Target[Answers], ...] = (
    Target("the answer to a submission", _answers(objects(id=_IDS), _STATUSES), _submission),
    Target("the pages of a listing", _answers(_pages(_ROWS), _GOOD), _listing),
    Target("the pages of analytics", _answers(_pages(_COUNTS), _GOOD), _analytics),
    Target("the answer to a cancellation", _answers(objects(id=_IDS), _STATUSES), _cancellation),
    Target("the answer of a token endpoint", _answers(_TOKENS, _STATUSES), _token),
)
