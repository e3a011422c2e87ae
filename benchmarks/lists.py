"""What a contact list of a million costs, from file to plan, and how long the event loop is kept from others for it."""

import asyncio
import json
import os
import resource
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from contact_lists import (
    write_array,
    write_as_excel,
    write_lines,
    write_national_numbers,
    write_numbers,
    write_plain,
)
from figures import Line, Result, at_most, told
from machine import Meter, cores
from session import Session

SECONDS = 1.5
TIMES_CSV = 2.3
"""1.5 s on the machine for which that limit was set, where CSV took 0.64 s of CPU; the same on every machine."""
EXCEL_TIMES_CSV = 2.0
NUMBERS_SECONDS = 15.0
MEGABYTES = 120.0
STALL_MS = 50.0
START_SECONDS = 0.4
_STARTS = 11
_ROUNDS = 3
_HERE = Path(__file__).parent


async def measure(session: Session) -> Result:
    """Each reading in a process of its own, which says its own time, without its start."""
    contacts = 100_000 if session.quick else 1_000_000
    meter, children = Meter({}), of_children()
    with tempfile.TemporaryDirectory() as folder:
        file, ten_times = Path(folder, "list.csv"), Path(folder, "ten-times.csv")
        as_lines_file, as_array_file = Path(folder, "list.ndjson"), Path(folder, "list.json")
        write_plain(file, contacts)
        write_plain(ten_times, 10 * contacts)
        write_lines(as_lines_file, contacts)
        write_array(as_array_file, contacts)
        session.progress(f"{contacts} contacts from file to plan, as CSV, NDJSON and JSON")
        ours, as_lines, as_array = await _least_of_rounds((file, as_lines_file, as_array_file), contacts)
        session.progress("now as Excel writes them, and with phone numbers")
        other_files = Path(folder, "excel.csv"), Path(folder, "numbers.csv"), Path(folder, "national-numbers.csv")
        for write, other in zip((write_as_excel, write_numbers, write_national_numbers), other_files, strict=True):
            write(other, contacts)
        (as_excel,) = await _least_of_rounds(other_files[:1], contacts)
        by_number, by_national_number = [await _reading("numbers", other, contacts) for other in other_files[1:]]
        session.progress("now by a plain program")
        plain = await _reading("each", file, contacts)
        session.progress("now ten times as many")
        larger = await _reading("plan", ten_times, 10 * contacts)
    session.progress("now from a URL, and who waits for it")
    stalled = await _run("list_stall.py", "--contacts", str(contacts))
    stalled_by_numbers = await _run("list_stall.py", "--contacts", str(contacts), "--numbers")
    start = await _start_of_preview()
    usage = meter.usage()
    others = max(0.0, usage.others_percent - (of_children() - children) / usage.seconds / cores() * 100)
    return Result(
        title=f"A contact list of {contacts}",
        how=f"A CSV file of {contacts} contacts in 420 time zones. From file to plan: reading, checks of every row, "
        "ids that are there twice, and the plan of a run, as the command line does it, without its start. The same "
        "contacts also as NDJSON, an object on each line, and as JSON, an array on one line: the three in turn, three "
        "times, and of each the reading that took the least CPU. As Excel writes them: in UTF-16, with semicolons and "
        "CRLF. "
        "With phone numbers in place of time zones: all different, spread over 65 area codes and four other countries. "
        "The plain program reads "
        "the CSV file with the csv module and places every contact by itself. From a URL: the "
        "operator's adapter downloads and reads the CSV file over TLS, while another task asks for its turn every "
        "millisecond; the longest that it came late is the stall. The start is the median of 11, with bytecode.",
        lines=(
            at_most("from file to plan", ours["seconds"], SECONDS, "s"),
            at_most("most memory of that process", ours["megabytes"], MEGABYTES, "MB", digits=0),
            *_as_objects("NDJSON", as_lines, ours),
            *_as_objects("JSON", as_array, ours),
            at_most(
                "as Excel writes them: CPU time against CSV", as_excel["cpu"] / ours["cpu"], EXCEL_TIMES_CSV, "times"
            ),
            at_most("phone numbers, from file to plan", by_number["cpu"], NUMBERS_SECONDS, "s of CPU"),
            at_most("phone numbers without country codes", by_national_number["cpu"], NUMBERS_SECONDS, "s of CPU"),
            at_most(
                "most memory of that process, for phone numbers", by_number["megabytes"], MEGABYTES, "MB", digits=0
            ),
            told("plain program, every contact by itself", plain["seconds"], "s"),
            Line("times as long", f"{plain['cpu'] / ours['cpu']:.1f}"),
            told(f"{10 * contacts} contacts from file to plan", larger["seconds"], "s"),
            Line("times as long as a tenth of them", f"{larger['cpu'] / ours['cpu']:.1f}"),
            at_most(
                "most memory of that process, for ten times as many", larger["megabytes"], MEGABYTES, "MB", digits=0
            ),
            told("from a URL, in the background", stalled["seconds"], "s"),
            at_most("longest stall of the event loop meanwhile", stalled["stall_ms"], STALL_MS, "ms", digits=0),
            told("the longest by its own CPU time", stalled["busy_ms"], "ms", digits=0),
            at_most(
                "the same with phone numbers, by its own CPU time",
                stalled_by_numbers["busy_ms"],
                STALL_MS,
                "ms",
                digits=0,
            ),
            at_most("`preview` of a small manifest, from start to end", start, START_SECONDS, "s"),
        ),
        kubernetes="",
        others_percent=others,
    )


async def _start_of_preview() -> float:
    """Seconds of the command as a whole: it prints when it is done. The first one compiles and does not count."""
    manifest = _HERE.parent / "examples" / "spring-renewals.yaml"
    seconds = []
    with tempfile.TemporaryDirectory() as compiled:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(1 + _STARTS):
            begun = perf_counter()
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "campaign_operator.cli", "preview", str(manifest)),
                stdout=asyncio.subprocess.DEVNULL,
                env=environment,
            )
            if await process.wait():
                raise AssertionError("the preview was refused")
            seconds.append(perf_counter() - begun)
    return median(seconds[1:])


async def _least_of_rounds(files: tuple[Path, ...], contacts: int) -> list[dict[str, Any]]:
    """The reading of each file that took the least CPU: what else the machine did meanwhile is in it least."""
    rounds = [[await _reading("plan", file, contacts) for file in files] for _ in range(_ROUNDS)]
    return [min(readings, key=lambda figures: figures["cpu"]) for readings in zip(*rounds, strict=True)]


def _as_objects(name: str, figures: dict[str, Any], as_csv: dict[str, Any]) -> tuple[Line, ...]:
    return (
        at_most(f"the same contacts as {name}, from file to plan", figures["seconds"], SECONDS, "s"),
        at_most(f"{name}: CPU time against that for CSV", figures["cpu"] / as_csv["cpu"], TIMES_CSV, "times"),
        at_most(f"most memory of that process, for {name}", figures["megabytes"], MEGABYTES, "MB", digits=0),
    )


async def _reading(reading: str, file: Path, contacts: int) -> dict[str, Any]:
    figures = await _run("contact_lists.py", "--read", reading, "--file", str(file))
    if figures["contacts"] != contacts:
        raise AssertionError(f"{figures['contacts']} contacts were read, and there are {contacts}")
    return figures


async def _run(script: str, *arguments: str) -> dict[str, Any]:
    command = (sys.executable, str(_HERE / script), *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    if process.returncode:
        raise AssertionError(f"{script} ended with status {process.returncode}")
    return dict(json.loads(output))


def of_children() -> float:
    """Seconds of CPU of this process and of those that it has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime + own.ru_utime + own.ru_stime
