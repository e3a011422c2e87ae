"""What a file is that is no contact list, though somebody took it for one, and what to do instead.

Owns how such files begin. Each answer is the end of a sentence that begins with the file's name.
"""

import re

LONGEST_SIGN = 128
"""As many bytes, or characters after the blank ones, are enough to know."""

_SAVE_AS_CSV = 'save it as CSV (in Excel: "CSV UTF-8")'

_ZIP = b"PK\x03\x04"
# A zip file names its first member at offset 30.
_MEMBERS = (
    (re.compile(rb"\[Content_Types\]\.xml|_rels/|docProps/|xl/"), f"is an Excel workbook (.xlsx); {_SAVE_AS_CSV}"),
    (re.compile(rb"mimetype.{0,40}opendocument", re.DOTALL), "is an OpenDocument file (.ods); save it as CSV in UTF-8"),
    (re.compile(rb"Index/|Index\.zip|preview"), 'is a Numbers document; export it (in Numbers: "Export To", "CSV")'),
)
_BYTES = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", f"is an old or protected Excel workbook (.xls); {_SAVE_AS_CSV}"),
    (b"%PDF-", "is a PDF file; export the list as CSV"),
)
_TEXTS = (
    (
        re.compile(r"<(?:!doctype|!--|html|head|body|meta|title|script|table)\b|<!--", re.IGNORECASE),
        (
            "is a web page and not a list; if a server sends it, look whether it asks to sign in; if it was saved "
            "from a program, export the list as CSV"
        ),
    ),
    (re.compile(r"<\?xml\b", re.IGNORECASE), "is an XML file; export the list as CSV"),
    (re.compile(r"BEGIN:VCALENDAR\b", re.IGNORECASE), "is a calendar (.ics) and not a list of contacts"),
    (re.compile(r"BEGIN:VCARD\b", re.IGNORECASE), "is an address book (.vcf); export the contacts as CSV"),
    (re.compile(r"\{\\rtf"), "is a rich text document (.rtf); save it as plain text"),
)


def may_be_foreign(head: bytes) -> bool:
    """Whether more of the file may show that it is no text."""
    return any(sign.startswith(head) or head.startswith(sign) for sign in (_ZIP, *(sign for sign, _ in _BYTES)))


def foreign_bytes(head: bytes) -> str | None:
    """What a file that begins so is, judged by its first `LONGEST_SIGN` bytes; None if it may be text."""
    if head.startswith(_ZIP):
        for member, message in _MEMBERS:
            if member.match(head, 30):
                return message
        return "is a ZIP file; unpack it, and give the list that is in it"
    return next((message for sign, message in _BYTES if head.startswith(sign)), None)


def foreign_text(text: str) -> str | None:
    """The same of a text, without the blank characters before it."""
    return next((message for sign, message in _TEXTS if sign.match(text)), None)
