"""How long the event loop is kept from others while a contact list is downloaded and read.

Run by itself: `python benchmarks/list_stall.py --contacts 1000000`. The operator's own adapter reads the list from a
server of its own process over TLS; beside it a task asks for its turn every millisecond and notes how much later it
came. Prints one line of JSON.
"""

import argparse
import asyncio
import functools
import gc
import http.server
import json
import multiprocessing
import os
import ssl
import tempfile
from datetime import UTC, datetime
from ipaddress import ip_network
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter, process_time, thread_time
from typing import Any

from contact_lists import write_numbers, write_plain
from machine import memory

from campaign_operator.adapters.clock import SystemClock
from campaign_operator.adapters.contact_lists import ContactLists
from campaign_operator.adapters.kubernetes.keyed_objects import KeyedObjects
from campaign_operator.adapters.list_reader import ListReader
from campaign_operator.adapters.outbound.downloads import Downloads, ListAddress
from campaign_operator.adapters.outbound.egress import Egress, EgressPolicy
from campaign_operator.adapters.short_steps import ShortSteps
from campaign_operator.api.status import OutboundCampaignStatus
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.domain.campaigns.campaign import Campaign, CampaignRef
from campaign_operator.domain.contacts.contact_list import ListLimits
from campaign_operator.engine.ports import ListReading
from campaign_operator.observability import logging
from campaign_sandbox.certificates import issue_server_certificate

TURN_SECONDS = 0.001


def main() -> None:
    """One line of JSON: contacts, seconds, seconds of CPU, the longest stall in milliseconds, by the clock and by CPU,
    most memory in MB.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--numbers", action="store_true", help="phone numbers in place of time zones")
    arguments = parser.parse_args()
    contacts: int = arguments.contacts
    logging.configure("console")  # to standard error
    with tempfile.TemporaryDirectory() as folder:
        write = write_numbers if arguments.numbers else write_plain
        write(Path(folder, "list.csv"), contacts)
        write_plain(Path(folder, "short.csv"), 10)
        certificate = issue_server_certificate(Path(folder))
        here, there = multiprocessing.Pipe()
        files = (folder, str(certificate.tls.certificate), str(certificate.tls.key))
        server = multiprocessing.get_context("spawn").Process(target=_serve, args=(*files, there), daemon=True)
        server.start()
        columns = {"phoneColumn": "phone"} if arguments.numbers else {}
        figures = asyncio.run(_measured(f"https://localhost:{here.recv()}", certificate.authority, columns))
        server.terminate()
        server.join()
    print(json.dumps({"contacts": contacts, **figures}))


def _serve(folder: str, certificate: str, key: str, tell: Connection) -> None:
    handler = functools.partial(_Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        tell.send(server.server_address[1])
        server.serve_forever()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing."""


async def _measured(server: str, authority: Path, columns: dict[str, str]) -> dict[str, float]:
    egress = Egress(EgressPolicy(ca_file=authority, allow_cidrs=(ip_network("127.0.0.0/8"),)))
    downloads, read = Downloads(egress), asyncio.Event()
    clock = SystemClock()
    # the first connection of a process imports a library, and an operator has made many before
    async with downloads.open(ListAddress(f"{server}/short.csv")):
        pass
    objects: KeyedObjects = KeyedObjects(None, clock)  # type: ignore[arg-type] # there is no object to be read
    reader = ListReader(objects, downloads, clock, ListLimits(max_rows=100_000_000), ShortSteps())
    lists = ContactLists(reader, clock, lambda _: read.set())
    campaign = _campaign({"url": {"address": f"{server}/list.csv"}, **columns})
    stalls: list[tuple[float, float]] = []
    others = asyncio.create_task(turns(stalls))
    await asyncio.sleep(0.1)
    gc.collect()
    await asyncio.sleep(0.1)
    stalls.clear()
    begun, cpu_begun = perf_counter(), process_time()
    await lists.read(campaign, max_age_seconds=60)
    await read.wait()
    seconds, cpu = perf_counter() - begun, process_time() - cpu_begun
    others.cancel()
    found = await lists.read(campaign, max_age_seconds=60)
    if not isinstance(found, ListReading) or found.count is None:
        raise SystemExit(f"the list was not read: {found}")
    await lists.aclose()
    await downloads.aclose()
    egress.close()
    return {
        "read": found.count.contacts,
        "seconds": seconds,
        "cpu": cpu,
        "stall_ms": max(wall for wall, _ in stalls) * 1000,
        "busy_ms": max(busy for _, busy in stalls) * 1000,
        "megabytes": memory(os.getpid()).peak_mb,
    }


async def turns(stalls: list[tuple[float, float]]) -> None:
    """How late each turn came, by the clock and by what this thread did meanwhile: on a busy machine the first is much
    more.
    """
    while True:
        asked, busy = perf_counter(), thread_time()
        await asyncio.sleep(TURN_SECONDS)
        stalls.append((perf_counter() - asked - TURN_SECONDS, thread_time() - busy))


def _campaign(source: dict[str, Any]) -> Campaign:
    spec = {
        "campaignID": "c1",
        "cron": "@daily",
        "connection": {"secretRef": {"name": "cxone"}},
        "contactsFrom": [source],
    }
    return Campaign(
        ref=CampaignRef("default", "c"),
        uid="1",
        generation=1,
        resource_version="1",
        created=datetime.now(UTC),
        deletion_time=None,
        finalizers=(),
        labels={},
        requested_at=None,
        resolve=None,
        spec=OutboundCampaignSpec.model_validate(spec),
        status=OutboundCampaignStatus(),
    )


if __name__ == "__main__":
    main()
