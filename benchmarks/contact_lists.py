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
from typing import Any
from zoneinfo import ZoneInfo

from machine import memory

from campaign_operator.api.contacts_spec import ContactsFromSource
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
_OF_STATES = (
    "201 206 212 215 216 239 248 267 281 303 305 310 312 317 320 336 347 360 404 407 415 419 "
    "425 469 480 503 512 516 540 561 585 602 609 614 615 617 619 630 646 651 678 702 703 704 "
    "713 714 716 718 720 757 770 773 801 813 816 818 847 858 904 914 916 917 919 949 972"
)
_AREA_CODES = _OF_STATES.split()
SECONDS = 1.5
MEGABYTES = 120.0
_LIMITS = ListLimits(max_rows=100_000_000)
_LIST: dict[str, Any] = {"configMapKeyRef": {"name": "list", "key": "contacts.csv"}}
_SPEC = OutboundCampaignSpec.model_validate(
    {
        "campaignID": "c1",
        "cron": "0 9 * * *",
        "connection": {"secretRef": {"name": "cxone"}},
        "contactsFrom": [_LIST],
    }
)
_OF_NUMBERS = ContactsFromSource.model_validate({**_LIST, "phoneColumn": "phone", "defaultRegion": "US"})
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
    return _plan(_counted(file))


def _planned_by_numbers(file: Path) -> int:
    """The same for a list with phone numbers in place of time zones."""
    return _plan(SuppliedContacts(SuppliedFile(str(file))).count(_OF_NUMBERS, _LIMITS))


def _plan(count: ContactCount) -> int:
    blueprint = draw_blueprint(_SPEC, ReadInputs(count.accepted(OnInvalidContact.REJECT, 0)))
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


def write_as_excel(file: Path, count: int) -> None:
    """The same contacts as Excel's Unicode Text is in most of Europe: UTF-16, semicolons, CRLF."""
    with file.open("w", encoding="utf-16", newline="") as opened:
        rows = chain([("id", "timeZone")], _contacts(count))
        csv.writer(opened, delimiter=";", lineterminator="\r\n").writerows(rows)


def write_numbers(file: Path, count: int) -> None:
    """A CSV file of so many contacts with phone numbers, each with another one, spread over all that there are."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        rows = ((f"c{number:08d}", _phone_number(number)) for number in range(count))
        csv.writer(opened).writerows(chain([("id", "phone")], rows))


def write_national_numbers(file: Path, count: int) -> None:
    """The same with numbers of the United States as they are dialed there."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        rows = ((f"c{number:08d}", _national_number(number)) for number in range(count))
        csv.writer(opened).writerows(chain([("id", "phone")], rows))


def _phone_number(number: int) -> str:
    """One in ten each of mobile numbers in Germany, Great Britain and India, and fixed lines in France; the others in
    the United States."""
    kind, rest = number % 10, number // 10 * 7919
    match kind:
        case 0:
            return f"+49151{rest % 10**8:08d}"
        case 1:
            return f"+4474{rest % 10**8:08d}"
        case 2:
            return f"+9198{rest % 10**8:08d}"
        case 3:
            return f"+331{40_000_000 + rest % 10**7}"
    return f"+1{_american_digits(number)}"


def _national_number(number: int) -> str:
    digits = _american_digits(number)
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"


def _american_digits(number: int) -> str:
    """The exchange begins with 2 to 9, and none ends in 11, which is for services."""
    line, exchange = divmod(number // len(_AREA_CODES) * 7919 % 6_400_000, 640)
    area_code = _AREA_CODES[number % len(_AREA_CODES)]
    return f"{area_code}{2 + exchange // 80}{exchange // 8 % 10}{2 + exchange % 8}{line:04d}"


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


_READINGS = {
    "ours": _ours,
    "plan": _planned,
    "numbers": _planned_by_numbers,
    "each": _each_by_itself,
    "set": _counted_with_a_set,
}
_ROWS = (
    ("CSV", "ours", "csv", write_plain),
    ("CSV, every field quoted", "ours", "csv", _quoted),
    ("CSV in UTF-16, semicolons, CRLF", "ours", "csv", write_as_excel),
    ("CSV with phone numbers", "numbers", "csv", write_numbers),
    ("CSV with national phone numbers", "numbers", "csv", write_national_numbers),
    ("NDJSON", "ours", "ndjson", write_lines),
    ("JSON", "ours", "json", write_array),
    ("JSON, indented", "ours", "json", _indented),
    ("plain program: csv module, set of ids", "set", "csv", write_plain),
    ("plain program: every contact by itself", "each", "csv", write_plain),
)

if __name__ == "__main__":
    sys.exit(main())
