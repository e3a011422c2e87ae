"""Downloading a list: no server's slowness or size becomes the trouble of others."""

import asyncio
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from campaign_operator.adapters.outbound.downloads import DownloadError, Downloading
from contract.download_kit import (
    HOSTS,
    LIST,
    address_at,
    chunk,
    downloads_from,
    downloads_over,
    dribbling,
    endless,
    fetch,
    first_piece,
    knowing_every_name,
    sending,
)
from contract.exchange_kit import eventually
from scripted_server import (
    Received,
    Reply,
    answer,
    reset,
    scripted_server,
    silence,
)

# Bounds


async def test_an_endless_list_ends_at_the_bound_and_takes_no_memory() -> None:
    bound = 16 * 1024 * 1024
    received = 0

    async def read_slowly(pieces: AsyncIterator[bytes]) -> None:
        nonlocal received
        async for piece in pieces:
            received += len(piece)
            for _ in range(3):  # slower than the server
                await asyncio.sleep(0)

    async with (
        scripted_server(endless) as server,
        downloads_from(server, max_bytes=bound) as downloads,
        downloads.open(address_at(server)) as download,
    ):
        assert isinstance(download, Downloading)
        tracemalloc.start()
        try:
            with pytest.raises(DownloadError, match="larger"):
                await read_slowly(download.pieces)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert bound - 65_536 < received <= bound
    assert most < 2 * 1024 * 1024, most


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False)])
@pytest.mark.parametrize("framing", ["Content-Length", "chunks"])
async def test_a_list_just_within_the_bound_is_read(framing: str, size: int, fits: bool) -> None:
    body = b"x" * size
    reply = answer(200, raw=body) if framing == "Content-Length" else sending(chunk(body), b"0\r\n\r\n")
    async with scripted_server(reply) as server, downloads_from(server, max_bytes=1000) as downloads:
        if fits:
            assert await fetch(downloads, address_at(server)) == (None, body)
        else:
            with pytest.raises(DownloadError, match="larger than 1000 bytes"):
                await fetch(downloads, address_at(server))


async def test_a_list_said_to_be_too_large_is_refused_before_it_comes() -> None:
    said = sending(head="Content-Length: 10000000000")
    async with scripted_server(said) as server, downloads_from(server) as downloads:
        with pytest.raises(DownloadError, match="larger"):
            async with downloads.open(address_at(server)):
                pytest.fail("it was opened")


async def test_a_byte_now_and_then_ends_at_the_deadline() -> None:
    async with scripted_server(dribbling) as server, downloads_from(server, timeout_seconds=0.3) as downloads:
        begun = time.monotonic()
        with pytest.raises(DownloadError, match=r"within 0\.3 s"):
            await fetch(downloads, address_at(server))
        assert 0.3 <= time.monotonic() - begun < 5


async def test_the_deadline_holds_for_pieces_that_are_there_already() -> None:
    pieces = sending(chunk(b"a"), chunk(b"b"), chunk(b"c"))
    async with (
        scripted_server(pieces) as server,
        downloads_from(server, timeout_seconds=1) as downloads,
        downloads.open(address_at(server)) as download,
    ):
        assert isinstance(download, Downloading)
        await anext(download.pieces)
        await asyncio.sleep(1.1)  # the deadline itself
        with pytest.raises(DownloadError, match="within 1 s"):
            await anext(download.pieces)


async def test_a_list_in_tiny_chunks_leaves_the_other_tasks_their_turn() -> None:
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    size = 5000
    async with (
        scripted_server(sending(chunk(b"x") * size, b"0\r\n\r\n")) as server,
        downloads_from(server) as downloads,
        downloads.open(address_at(server)) as download,
    ):
        assert isinstance(download, Downloading)
        other = asyncio.create_task(take_turns())
        assert b"".join([piece async for piece in download.pieces]) == b"x" * size
        other.cancel()
    assert turns >= size


# The end of a connection


async def test_every_download_has_a_connection_of_its_own() -> None:
    async with scripted_server(answer(200, raw=LIST)) as server, downloads_from(server) as downloads:
        for _ in range(3):
            await fetch(downloads, address_at(server))
        assert server.connections == 3
        await eventually(lambda: not server.open_connections)


async def test_leaving_early_resets_the_connection() -> None:
    async with scripted_server(sending(chunk(LIST))) as server, downloads_from(server) as downloads:
        assert await first_piece(downloads, address_at(server)) == LIST
        await eventually(lambda: server.saw_reset)


async def test_a_fault_of_the_reader_resets_the_connection_and_stays_as_it_is() -> None:
    async with scripted_server(sending(chunk(LIST))) as server, downloads_from(server) as downloads:
        with pytest.raises(ZeroDivisionError):
            async with downloads.open(address_at(server)):
                raise ZeroDivisionError
        await eventually(lambda: server.saw_reset)


async def test_cancellation_in_the_middle_resets_the_connection_and_frees_the_place() -> None:
    come = asyncio.Event()

    async def read() -> None:
        async with downloads.open(address_at(server)) as download:
            assert isinstance(download, Downloading)
            async for _piece in download.pieces:
                come.set()

    async with (
        scripted_server(sending(chunk(LIST)), answer(200, raw=LIST)) as server,
        downloads_from(server, width=1) as downloads,
    ):
        task = asyncio.create_task(read())
        await come.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await eventually(lambda: server.saw_reset)
        assert await fetch(downloads, address_at(server)) == (None, LIST)


async def test_reading_on_after_the_end_of_the_context_does_not_end_the_list() -> None:
    async with scripted_server(sending(chunk(LIST))) as server, downloads_from(server) as downloads:
        async with downloads.open(address_at(server)) as download:
            assert isinstance(download, Downloading)
            await anext(download.pieces)
        with pytest.raises(DownloadError):
            await anext(download.pieces)


async def test_closing_ends_what_is_under_way() -> None:
    async with scripted_server(sending(chunk(LIST))) as server, downloads_from(server) as downloads:
        reading = asyncio.create_task(fetch(downloads, address_at(server)))
        await eventually(lambda: len(server.requests) == 1)
        await downloads.aclose()
        with pytest.raises(DownloadError):
            await reading


# Places


def by_host(**replies: Reply) -> Callable[[Received], Reply]:
    return lambda request: replies[request.headers["host"][0]]


def one_of_several(**replies: Reply) -> Any:
    return scripted_server(route=by_host(**replies), certificate_for=HOSTS)


async def test_slow_hosts_with_many_waiting_hold_up_nobody_else() -> None:
    async with (
        one_of_several(a=silence, b=silence, c=answer(200, raw=LIST)) as server,
        downloads_over(knowing_every_name(server), width=3, share=3) as downloads,
    ):
        slow = [asyncio.create_task(fetch(downloads, address_at(server, host))) for host in HOSTS[:2] for _ in range(5)]
        await eventually(lambda: len(server.requests) == 2)
        assert await fetch(downloads, address_at(server, "c.example")) == (None, LIST)
        assert [request.headers["host"][0] for request in server.requests] == ["a", "b", "c"]
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_a_download_beyond_the_width_waits_until_one_has_ended() -> None:
    async with (
        one_of_several(a=silence, b=silence, c=answer(200, raw=LIST)) as server,
        downloads_over(knowing_every_name(server), width=2) as downloads,
    ):
        slow = [asyncio.create_task(fetch(downloads, address_at(server, host))) for host in HOSTS[:2]]
        await eventually(lambda: len(server.requests) == 2)
        third = asyncio.create_task(fetch(downloads, address_at(server, "c.example")))
        await asyncio.sleep(0.05)
        assert server.connections == 2
        slow[0].cancel()
        assert await third == (None, LIST)
        slow[1].cancel()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_an_owner_of_slow_hosts_leaves_the_other_owners_their_places() -> None:
    async with (
        one_of_several(a=silence, b=silence, c=answer(200, raw=LIST)) as server,
        downloads_over(knowing_every_name(server), width=2, share=1) as downloads,
    ):
        slow = [asyncio.create_task(fetch(downloads, address_at(server, host))) for host in HOSTS[:2]]
        await eventually(lambda: len(server.requests) == 1)
        assert await fetch(downloads, address_at(server, "c.example", owner="service")) == (None, LIST)
        assert [request.headers["host"][0] for request in server.requests] == ["a", "c"]
        slow[0].cancel()
        await eventually(lambda: len(server.requests) == 3)
        slow[1].cancel()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_a_host_that_is_slow_for_one_owner_is_there_for_another() -> None:
    async with (
        scripted_server(silence, answer(200, raw=LIST), certificate_for=HOSTS) as server,
        downloads_over(knowing_every_name(server)) as downloads,
    ):
        slow = asyncio.create_task(fetch(downloads, address_at(server, "a.example")))
        await eventually(lambda: len(server.requests) == 1)
        assert await fetch(downloads, address_at(server, "a.example", owner="service")) == (None, LIST)
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)


@pytest.mark.parametrize("failing", [reset, answer(404), sending(b"no size\r\n"), sending(chunk(b"x" * 1001))])
async def test_a_download_that_failed_frees_its_place(failing: Reply) -> None:
    async with (
        one_of_several(a=failing, b=answer(200, raw=LIST)) as server,
        downloads_over(knowing_every_name(server), width=1, max_bytes=1000) as downloads,
    ):
        with pytest.raises(DownloadError):
            await fetch(downloads, address_at(server, "a.example"))
        assert await fetch(downloads, address_at(server, "b.example")) == (None, LIST)


@pytest.mark.parametrize("spelled", ["a.example", "A.EXAMPLE", "a.example."])
async def test_a_host_has_one_download_of_an_owner_at_a_time_however_it_is_spelled(spelled: str) -> None:
    async with (
        one_of_several(a=sending(chunk(LIST))) as server,
        downloads_over(knowing_every_name(server), timeout_seconds=1) as downloads,
    ):
        async with downloads.open(address_at(server, "a.example")):
            with pytest.raises(DownloadError, match="within 1 s"):
                await fetch(downloads, address_at(server, spelled))
        assert server.connections == 1


async def test_waiting_for_a_place_counts_towards_the_deadline() -> None:
    async with (
        one_of_several(a=sending(chunk(LIST)), b=silence) as server,
        downloads_over(knowing_every_name(server), timeout_seconds=1, width=1) as downloads,
    ):
        async with downloads.open(address_at(server, "a.example")):
            begun = time.monotonic()
            with pytest.raises(DownloadError) as raised:
                await fetch(downloads, address_at(server, "b.example"))
            assert 1 <= time.monotonic() - begun < 5
            assert raised.value.transient
        assert server.connections == 1
