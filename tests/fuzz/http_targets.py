"""What any server may send that is asked for something, and the URLs by which it is named."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import get_args

from hypothesis import strategies as st

from campaign_operator.adapters.outbound.answers import LONGEST_RETRY_AFTER_SECONDS, retry_after_seconds
from campaign_operator.adapters.outbound.destinations import DestinationRefusedError, why_refused
from campaign_operator.adapters.outbound.downloads import DownloadError, Downloading, Downloads, ListAddress
from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.domain.dialing.delivery import Delivered, DeliveryOutcome, Gone, WebhookMessage
from contract.hostile_urls import HOSTILE_URLS
from fuzz.inputs import SECRETS, TOKEN, HTTPAnswer, assert_tells_no_secret, http_answers, spoiled
from fuzz.served import URL, served
from fuzz.target import Target
from manual_clock import NOON

MOST_BYTES = 4096

_STATUSES = st.sampled_from([100, 200, 200, 200, 204, 206, 301, 304, 401, 404, 410, 429, 500, 503, 999])
_LISTS = http_answers(spoiled(st.just(b"id,timeZone\nc1,Europe/London\n")), _STATUSES)
_MESSAGE = WebhookMessage("msg_1", {"type": "campaign.completed", "note": "é"}, datetime(2026, 11, 25, tzinfo=UTC))
_SIGNING_KEYS = st.none() | st.binary(min_size=24, max_size=64)


@contextmanager
def _delivery() -> Iterator[Callable[[tuple[HTTPAnswer, bytes | None]], None]]:
    with served() as by:

        def check(given: tuple[HTTPAnswer, bytes | None]) -> None:
            answer, key = given
            by.give([answer])
            outcome = by.runner.run(by.notifier().deliver(URL, _MESSAGE, key, owner="sales"))
            assert isinstance(outcome, get_args(DeliveryOutcome))
            if isinstance(outcome, Delivered):
                assert answer.data.startswith(b"HTTP/1.1 2"), "it was not said to be delivered"
            if isinstance(outcome, Gone):
                assert b" 410" in answer.data
            assert "canary" not in repr(outcome)

        yield check


@contextmanager
def _download() -> Iterator[Callable[[HTTPAnswer], None]]:
    async def fetch(downloads: Downloads) -> bytes | DownloadError | None:
        try:
            async with downloads.open(ListAddress(URL, TOKEN), '"known"') as download:
                if isinstance(download, Downloading):
                    return b"".join([piece async for piece in download.pieces])
                return None
        except DownloadError as error:
            return error

    with served() as by:

        def check(answer: HTTPAnswer) -> None:
            by.give([answer])
            found = by.runner.run(fetch(by.downloads(MOST_BYTES)))
            if isinstance(found, DownloadError):
                assert "canary" not in f"{found!r} {found.message}"
                assert found.retry_after is None or found.transient
            else:
                assert found is None or len(found) <= MOST_BYTES
                assert answer.data.startswith(b"HTTP/1.1 "), "a list was made of what is no HTTP"

        yield check


@contextmanager
def _waits() -> Iterator[Callable[[str], None]]:
    def check(text: str) -> None:
        wait = retry_after_seconds(text, NOON)
        assert wait is None or 0 <= wait <= LONGEST_RETRY_AFTER_SECONDS

    yield check


@contextmanager
def _urls() -> Iterator[Callable[[str], None]]:
    egress = Egress(EgressPolicy())

    def check(text: str) -> None:
        try:
            url = egress.judged_url(text)
        except DestinationRefusedError as error:
            assert_tells_no_secret(str(error))
            return
        host = url.raw_host.decode("ascii")
        assert url.scheme == "https"
        assert host
        assert not url.userinfo
        assert url.port is None or 0 < url.port < 65536
        address = _address(host)
        if address is None:
            assert not host.rstrip(".").rpartition(".")[2].isdigit(), "some would take it for an address"
        else:
            assert why_refused(address, ()) is None

    try:
        yield check
    finally:
        egress.close()


def _address(host: str) -> str | None:
    for read in (ip_address, lambda text: socket.inet_ntoa(socket.inet_aton(text))):
        try:
            return str(read(host))
        except (ValueError, OSError):
            continue
    return None


_HOSTILE = st.sampled_from([hostile.url for hostile in HOSTILE_URLS])
_URLS = st.one_of(
    st.text(max_size=40),
    st.text(max_size=40).map("https://{}".format),
    st.text(
        st.sampled_from("0123456789abcdefx.:[]@%/?#\\-\N{FULLWIDTH DIGIT ONE}\N{IDEOGRAPHIC FULL STOP}"), max_size=24
    ).map("https://{}".format),
    st.builds(lambda url, at, other: url[:at] + other + url[at:], _HOSTILE, st.integers(0, 40), st.text(max_size=3)),
    st.builds("https://{}{}{}".format, st.text(max_size=12), st.sampled_from(SECRETS), st.text(max_size=12)),
    st.builds(lambda label, times: "https://" + label * times, st.text(min_size=1, max_size=3), st.just(2048)),
)
_PARTS_OF_DATES = [
    *("Wed,", "Thu", "21", "31", "0", "-1", "Oct", "Feb", "Sept", "2026", "26", "99999"),
    *("00:00:00", "24:60:61", "7:28", "GMT", "+0000", "-9999", "+99999", "EST", "(x)"),
]
_DATES = st.lists(st.sampled_from(_PARTS_OF_DATES) | st.text(max_size=3), max_size=8).map(" ".join)

HTTP_TARGETS = (
    Target(
        "the answer of a webhook's receiver",
        st.tuples(_LISTS, _SIGNING_KEYS),
        _delivery,
    ),
    Target("the answer of a server with a list", _LISTS, _download),
    Target("Retry-After", st.one_of(st.text(max_size=20), _DATES, st.floats().map(str)), _waits),
    Target("a URL", _URLS, _urls, found=("https://[::%\x80]",)),
)
