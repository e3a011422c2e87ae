"""From the bytes of a list to its text: gzip and UTF-8, piece by piece.

Owns what a file is before it is rows. Memory is bounded by the pieces, whatever the compression promises; how much
there may be in all is for the caller to say.
"""

import codecs
import zlib
from collections.abc import Iterator

from campaign_operator.domain.contacts.contact_list import UnreadableBytesError, UnreadableListError

PIECE_BYTES = 65_536
"""The most that comes at once out of `Unzipping`."""

_GZIP = b"\x1f\x8b"
_WITH_GZIP_HEADER = 31
_LONGEST_MARK = 4

_OTHER_KINDS = (
    (codecs.BOM_UTF32_LE, "is in UTF-32; save it as UTF-8"),
    (codecs.BOM_UTF32_BE, "is in UTF-32; save it as UTF-8"),
    (codecs.BOM_UTF16_LE, 'is in UTF-16; save it as UTF-8 (in Excel: "CSV UTF-8")'),
    (codecs.BOM_UTF16_BE, 'is in UTF-16; save it as UTF-8 (in Excel: "CSV UTF-8")'),
    (b"PK\x03\x04", 'is a zip file or an Excel workbook; save it as CSV (in Excel: "CSV UTF-8")'),
)


class Unzipping:
    """Bytes as they come; what begins like gzip is unpacked, several members one after another too."""

    def __init__(self) -> None:
        self._head = b""
        self.is_plain = False
        """Whether the bytes are known not to be gzip."""

        self._member: zlib._Decompress | None = None
        self._members = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What these bytes give. Raises UnreadableListError for gzip that is damaged or not all of it."""
        if not self.is_plain and self._member is None:
            data, self._head = self._head + data, b""
            data = self._begin(data)
        if self.is_plain:
            for start in range(0, len(data), PIECE_BYTES):
                yield data[start : start + PIECE_BYTES]
        else:
            yield from self._unpacked(data)

    def finish(self) -> Iterator[bytes]:
        """The rest. Raises UnreadableBytesError for gzip that ends too early."""
        if self._member is not None:
            raise UnreadableBytesError("is incomplete: the gzip data ends too early")
        if self._head and self._members:
            raise UnreadableBytesError("contains something else after its gzip data")
        if self._head:
            yield self._head

    def _begin(self, data: bytes) -> bytes:
        """Find out what follows, as soon as there is enough of it."""
        if self._members:
            # gzip may be padded with zeros.
            data = data.lstrip(b"\0")
        if len(data) < len(_GZIP) and _GZIP.startswith(data):
            self._head = data
            return b""
        if data.startswith(_GZIP):
            self._member = zlib.decompressobj(_WITH_GZIP_HEADER)
            self._members += 1
        elif self._members:
            raise UnreadableBytesError("contains something else after its gzip data")
        else:
            self.is_plain = True
        return data

    def _unpacked(self, data: bytes) -> Iterator[bytes]:
        while self._member is not None:
            try:
                piece = self._member.decompress(data, PIECE_BYTES)
            except zlib.error:
                # No line: what was unpacked with these bytes is lost, and none of it can be trusted.
                raise UnreadableListError("is damaged: the gzip data cannot be decompressed") from None
            if piece:
                yield piece
            if self._member.eof:
                data, self._member = self._member.unused_data, None
                data = self._begin(data)
            else:
                data = self._member.unconsumed_tail
                if not data and len(piece) < PIECE_BYTES:
                    return


class Decoding:
    """UTF-8 with or without its mark at the beginning, cut anywhere."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._head: bytes | None = b""

    def feed(self, data: bytes, *, final: bool = False) -> str:
        """The text so far as it is complete. Raises UnreadableBytesError."""
        if self._head is not None:
            data, self._head = self._head + data, None
            if len(data) < _LONGEST_MARK and not final:
                self._head = data
                return ""
            for mark, message in _OTHER_KINDS:
                if data.startswith(mark):
                    raise UnreadableBytesError(message)
        try:
            text = self._decoder.decode(data, final)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode("utf-8-sig")
            _raise_if_nul(before)
            message = 'is not valid UTF-8, starting here; save it as UTF-8 (in Excel: "CSV UTF-8")'
            raise UnreadableBytesError(message, before) from None
        _raise_if_nul(text)
        return text


def _raise_if_nul(text: str) -> None:
    """Also of what stands before a byte that is not UTF-8: the first fault is told, wherever the bytes were cut."""
    before, nul, _ = text.partition("\0")
    if nul:
        raise UnreadableBytesError(
            "contains a NUL byte, so it is not text; if it is in UTF-16, save it as UTF-8", before
        )
