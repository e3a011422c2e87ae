"""What reading a contact list costs: a million contacts in 420 zones, from file to counts, against the plain way.

Run by itself: `python benchmarks/contact_lists.py`; needs no control plane. Each reading is a process of its own, which
says its own time, without its start, and the most memory that it had. `--contacts N` makes the list longer.
"""

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from time import perf_counter, process_time
from zoneinfo import ZoneInfo

from machine import memory

from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import OnInvalidContact
from campaign_operator.domain.contacts.contact_list import ContactCount, ListLimits
from campaign_operator.domain.planning.blueprint import draw_blueprint
from campaign_operator.domain.planning.read_inputs import ReadInputs
from campaign_operator.domain.planning.zones import ZONE_NAMES
from campaign_operator.validation.sources import SuppliedFile
from campaign_operator.validation.supplied import SuppliedContacts

CONTACTS = 1_000_000
ZONES = sorted(ZONE_NAMES)[:420]
SECONDS = 1.5
MEGABYTES = 120.0
_LIMITS = ListLimits(max_rows=100_000_000)
_SPEC = OutboundCampaignSpec.model_validate(
    {
        "campaignID": "c1",
        "cron": "0 9 * * *",
        "connection": {"secretRef": {"name": "cxone"}},
        "contactsFrom": [{"configMapKeyRef": {"name": "list", "key": "contacts.csv"}}],
    }
)
_NINE_O_CLOCK = datetime(2026, 11, 25, 9)  # noqa: DTZ001 -- to be placed in each zone


def main() -> int:
    """Print one line for each reading; 1 if one of ours misses its limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=CONTACTS)
    parser.add_argument("--read", choices=_READINGS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read:
        print(json.dumps(_measured(_READINGS[arguments.read], arguments.file)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return _compare(Path(folder), arguments.contacts)


def _compare(folder: Path, contacts: int) -> int:
    print(
        f"{contacts:,} contacts in {len(ZONES)} zones, {platform.python_implementation()} {platform.python_version()}"
    )
    print(f"{'':44}{'seconds':>9}{'of CPU':>9}{'MB':>7}{'times the first':>17}")
    first: dict[str, float] = {}
    kept = True
    for title, reading, list_format, write in _ROWS:
        file = folder / f"{write.__name__}.{list_format}"
        if not file.exists():
            write(file, contacts)
        command = [sys.executable, __file__, "--contacts", str(contacts), "--read", reading, "--file", str(file)]
        figures = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        assert figures["contacts"] == contacts
        first = first or figures
        times = figures["cpu"] / first["cpu"]
        print(f"{title:44}{figures['seconds']:9.2f}{figures['cpu']:9.2f}{figures['megabytes']:7.0f}{times:17.1f}")
        if reading == "ours":
            kept = kept and figures["seconds"] <= SECONDS and figures["megabytes"] <= MEGABYTES
    if contacts == CONTACTS:
        print(f"limits: {SECONDS} s and {MEGABYTES:.0f} MB for ours: {'kept' if kept else 'MISSED'}")
    return 0 if kept or contacts != CONTACTS else 1


def _measured(reading: Callable[[Path], int], file: Path) -> dict[str, float]:
    begun, cpu_begun = perf_counter(), process_time()
    contacts = reading(file)
    return {
        "contacts": contacts,
        "seconds": perf_counter() - begun,
        "cpu": process_time() - cpu_begun,
        "megabytes": memory(os.getpid()).peak_mb,
    }


def _ours(file: Path) -> int:
    """All checks and the counts, as the command line does it."""
    count = _counted(file)
    assert not count.errors, count.errors
    return count.contacts


def _planned(file: Path) -> int:
    """All checks, the counts, and the plan of a run."""
    blueprint = draw_blueprint(_SPEC, ReadInputs(_counted(file).accepted(OnInvalidContact.REJECT, 0)))
    return blueprint.plan(datetime.now(UTC), lead_seconds=30).contacts


def _counted(file: Path) -> ContactCount:
    assert _SPEC.contacts_from is not None
    return SuppliedContacts(SuppliedFile(str(file))).count(_SPEC.contacts_from[0], _LIMITS)


def _each_by_itself(file: Path) -> int:
    """What one would write at first: every contact is placed in its zone; no check but that ids differ."""
    seen: dict[str, datetime] = {}
    with file.open(encoding="utf-8-sig", newline="") as opened:
        for row in csv.DictReader(opened):
            seen[row["id"]] = _NINE_O_CLOCK.replace(tzinfo=ZoneInfo(row["timeZone"])).astimezone(UTC)
    return len(seen)


def _counted_with_a_set(file: Path) -> int:
    """The least that counts by zone and sees repeated ids: the csv module and a set."""
    seen: set[str] = set()
    counts: Counter[str] = Counter()
    with file.open(encoding="utf-8-sig", newline="") as opened:
        for contact_id, zone in csv.reader(opened):
            seen.add(contact_id)
            counts[zone] += 1
    assert len(seen) == counts.total()
    return counts.total() - 1


def _contacts(count: int) -> Iterator[tuple[str, str]]:
    for number in range(count):
        yield f"c{number:08d}", ZONES[number * 7919 % len(ZONES)]


def write_plain(file: Path, count: int) -> None:
    """A CSV file of so many contacts."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows(chain([("id", "timeZone")], _contacts(count)))


def _quoted(file: Path, count: int) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened, quoting=csv.QUOTE_ALL).writerows(chain([("id", "timeZone")], _contacts(count)))


def write_lines(file: Path, count: int) -> None:
    """An NDJSON file of so many contacts."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        opened.writelines(json.dumps(each) + "\n" for each in _objects(count))


def write_array(file: Path, count: int) -> None:
    """A JSON file of so many contacts, all on one line."""
    file.write_text(json.dumps(list(_objects(count))))


def _indented(file: Path, count: int) -> None:
    file.write_text(json.dumps(list(_objects(count)), indent=2))


def _objects(count: int) -> Iterator[dict[str, str]]:
    return ({"id": contact_id, "timeZone": zone} for contact_id, zone in _contacts(count))


_READINGS = {"ours": _ours, "plan": _planned, "each": _each_by_itself, "set": _counted_with_a_set}
_ROWS = (
    ("CSV", "ours", "csv", write_plain),
    ("CSV, every field quoted", "ours", "csv", _quoted),
    ("NDJSON", "ours", "ndjson", write_lines),
    ("JSON", "ours", "json", write_array),
    ("JSON, indented", "ours", "json", _indented),
    ("plain program: csv module, set of ids", "set", "csv", write_plain),
    ("plain program: every contact by itself", "each", "csv", write_plain),
)

if __name__ == "__main__":
    sys.exit(main())
