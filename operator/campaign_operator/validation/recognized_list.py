"""A contact list by itself, without a campaign: what it was recognized as, and what is wrong in it.

Owns the result of the command `contacts`, also as text. What is in the list may be quoted, but for ids: whoever gives
it can read it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from campaign_operator.domain.contacts.contact_list import ContactCount, ContactError, ListForm, ListLimits, ListSource
from campaign_operator.domain.contacts.contact_reading import ContactReading
from campaign_operator.validation.findings import Finding
from campaign_operator.validation.sources import SuppliedFile, scratch_file
from campaign_operator.validation.text import findings_text
from campaign_operator.wording import counted, listed, quoted

_COLUMNS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class RecognizedList:
    """A list that was read. `form`: None where it is no list, or its header row lacks a column. `rows`: those that were
    read, valid or not.
    """

    file: str
    form: ListForm | None
    rows: int
    count: ContactCount

    @property
    def zones(self) -> Sequence[tuple[str, int]]:
        """The contacts of each zone, the most first."""
        return sorted(self.count.contacts_by_zone.items(), key=lambda zone: (-zone[1], zone[0]))


def recognize(file: SuppliedFile, source: ListSource, limits: ListLimits) -> RecognizedList:
    """Read a list to its end. Raises NoSourceError."""
    with scratch_file() as scratch:
        reading = ContactReading(limits, scratch=scratch)
        opened = reading.open(source)
        for piece in file.read_pieces(limits.max_bytes):
            opened.feed(piece)
            if opened.over:
                break
        opened.finish()
        return RecognizedList(source.name, opened.form(), reading.rows, reading.conclude())


def recognized_text(of: RecognizedList, *, colours: bool) -> str:
    """What was recognized, the contacts by zone, and the errors as `validate` prints them."""
    lines = [of.file, *(f"  {name:<12}{what}" for name, what in _facts(of))]
    if of.count.contacts:
        lines += ["", f"{'CONTACTS':>8}  TIME ZONE", *(f"{contacts:>8}  {zone}" for zone, contacts in of.zones)]
    errors = findings_text([_finding(error) for error in of.count.errors], colours=colours)
    lines += ["", errors.rstrip("\n")] if errors else []
    hidden = of.count.unshown_errors
    lines += [f"and {counted(hidden, 'more error')} like these"] if hidden else []
    return "\n".join(lines) + "\n"


def _facts(of: RecognizedList) -> Iterator[tuple[str, str]]:
    form = of.form
    if form is not None:
        separator = f", columns separated by {form.delimiter}" if form.delimiter is not None else ""
        yield "Format", f"{form.list_format}{separator}"
        yield "Encoding", form.encoding + (", compressed with gzip" if form.is_compressed else "")
        named = {"ID": form.id_column, "Time zone": form.time_zone_column, "Phone": form.phone_column}
        for what, column in named.items():
            if column is not None:
                yield what, f"column {quoted(column)}"
        if form.columns:
            others = [quoted(name) for name in form.columns if name not in ("", *named.values())]
            if others:
                yield "Ignored", listed(others, _COLUMNS_SHOWN)
    invalid = f", {of.count.invalid_rows} of them invalid" if of.count.invalid_rows else ""
    yield "Rows", f"{of.rows}{invalid}"
    yield "Contacts", f"{of.count.contacts} in {counted(len(of.count.contacts_by_zone), 'time zone')}"
    if of.count.of_several_zones:
        yield "By default", f"{of.count.of_several_zones} with phone numbers that can be in several time zones"
    yield "Errors", str(of.count.error_count)


def _finding(error: ContactError) -> Finding:
    field = f"column {error.column}" if error.column is not None else ""
    return Finding(error.source, error.line or 1, field, error.sentence, count=error.rows)
