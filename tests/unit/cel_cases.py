"""Values for each CEL rule of the spec, and whether the API server takes them.

tests/unit/test_validate_cel.py holds our twins to it. When it was written, each row was compared with a CEL runtime
(cel-expr-python 0.1.3), and those of isURL with Go's url.ParseRequestURI (Go 1.26), which is what isURL calls. The rows
about hours, contactsFrom, its columns, aliases and pastZones came later and were not compared: both sides compare
strings by their code points, and has() is whether a field is there.
"""

from typing import Any

SAME_INSTANT = "self.startMode == 'SameInstant' || !has(self.timeZone)"
URL = "isURL(self) && self.matches('^https://[^/?#@]+([/?#].*)?$')"

HOURS = "self.start < self.end"
HOURS_BY_DEFAULT = "(has(self.start) ? self.start : '08:00') < (has(self.end) ? self.end : '21:00')"
WEEKLY = "!has(self.weekly) || !(has(self.start) || has(self.end) || has(self.days))"
APART = (
    "self.all(a, self.filter(b, a.start < b.end && b.start < a.end && a.days.exists(day, day in b.days)).size() < 2)"
)
CONTACTS = "has(self.contacts) != has(self.contactsFrom)"
PLACE = "[has(self.configMapKeyRef), has(self.secretKeyRef), has(self.url)].exists_one(given, given)"
COLUMNS = "self.idColumn != self.timeZoneColumn"
PHONE_COLUMN = (
    "!has(self.phoneColumn) || (self.phoneColumn != self.idColumn && self.phoneColumn != self.timeZoneColumn)"
)
REGION = "has(self.phoneColumn) || !has(self.defaultRegion)"
ADDRESS = "has(self.address) != has(self.secretRef)"
ALIASES = "self.all(value, size(value) > 0 && size(value) <= 64)"
PAST_ZONES = "self.pastZones == 'Wait' || self.runPolicy == 'Recurring'"


def span(days: str, start: str, end: str) -> dict[str, Any]:
    """An item of weekly."""
    return {"days": days.split(), "start": start, "end": end}


CASES: list[tuple[str, Any, bool]] = [
    (HOURS, {"start": "08:00", "end": "21:00"}, True),
    (HOURS, {"start": "00:00", "end": "24:00"}, True),
    (HOURS, {"start": "08:00", "end": "08:00"}, False),
    (HOURS, {"start": "21:00", "end": "08:00"}, False),
    (HOURS_BY_DEFAULT, {}, True),
    (HOURS_BY_DEFAULT, {"start": "20:59"}, True),
    (HOURS_BY_DEFAULT, {"start": "21:00"}, False),
    (HOURS_BY_DEFAULT, {"end": "08:01"}, True),
    (HOURS_BY_DEFAULT, {"end": "08:00"}, False),
    (HOURS_BY_DEFAULT, {"start": "21:00", "end": "24:00"}, True),
    (WEEKLY, {"weekly": []}, True),
    (WEEKLY, {"start": "08:00", "end": "21:00", "days": ["Mon"]}, True),
    (WEEKLY, {"weekly": [], "start": "08:00"}, False),
    (WEEKLY, {"weekly": [], "end": "21:00"}, False),
    (WEEKLY, {"weekly": [], "days": ["Mon"]}, False),
    (APART, [span("Mon", "09:00", "12:00"), span("Mon", "13:00", "17:00")], True),
    (APART, [span("Mon", "09:00", "12:00"), span("Mon", "12:00", "17:00")], True),
    (APART, [span("Mon", "09:00", "12:00"), span("Tue", "09:00", "12:00")], True),
    (APART, [span("Mon", "12:00", "09:00"), span("Mon", "13:00", "17:00")], True),
    (APART, [span("Mon", "09:00", "12:00"), span("Mon", "11:59", "17:00")], False),
    (APART, [span("Mon Tue", "09:00", "12:00"), span("Wed", "09:00", "12:00"), span("Tue", "08:00", "24:00")], False),
    (APART, [span("Sat", "09:00", "12:00"), span("Sat", "09:00", "12:00")], False),
    (CONTACTS, {"contacts": []}, True),
    (CONTACTS, {"contactsFrom": []}, True),
    (CONTACTS, {}, False),
    (CONTACTS, {"contacts": [], "contactsFrom": []}, False),
    (PLACE, {"configMapKeyRef": {}}, True),
    (PLACE, {"secretKeyRef": {}, "format": "CSV"}, True),
    (PLACE, {"url": {}}, True),
    (PLACE, {}, False),
    (PLACE, {"format": "CSV"}, False),
    (PLACE, {"configMapKeyRef": {}, "url": {}}, False),
    (PLACE, {"configMapKeyRef": {}, "secretKeyRef": {}}, False),
    (PLACE, {"configMapKeyRef": {}, "secretKeyRef": {}, "url": {}}, False),
    (COLUMNS, {"idColumn": "id", "timeZoneColumn": "timeZone"}, True),
    (COLUMNS, {"idColumn": "id", "timeZoneColumn": "ID"}, True),
    (COLUMNS, {"idColumn": "id", "timeZoneColumn": "id"}, False),
    (PHONE_COLUMN, {"idColumn": "id", "timeZoneColumn": "timeZone"}, True),
    (PHONE_COLUMN, {"idColumn": "id", "timeZoneColumn": "timeZone", "phoneColumn": "phone"}, True),
    (PHONE_COLUMN, {"idColumn": "id", "timeZoneColumn": "timeZone", "phoneColumn": "id"}, False),
    (PHONE_COLUMN, {"idColumn": "id", "timeZoneColumn": "timeZone", "phoneColumn": "timeZone"}, False),
    (REGION, {"phoneColumn": "phone", "defaultRegion": "US"}, True),
    (REGION, {"phoneColumn": "phone"}, True),
    (REGION, {}, True),
    (REGION, {"defaultRegion": "US"}, False),
    (ALIASES, {"EST": "America/New_York", "x" * 64: "Asia/Tokyo"}, True),
    (ALIASES, {"": "America/New_York"}, False),
    (ALIASES, {"EST": "America/New_York", "x" * 65: "Asia/Tokyo"}, False),
    (ADDRESS, {"address": "https://lists.example.com/"}, True),
    (ADDRESS, {"secretRef": {"name": "crm"}}, True),
    (ADDRESS, {}, False),
    (ADDRESS, {"address": "https://lists.example.com/", "secretRef": {"name": "crm"}}, False),
    (PAST_ZONES, {"pastZones": "Wait", "runPolicy": "Once"}, True),
    (PAST_ZONES, {"pastZones": "Wait", "runPolicy": "Recurring"}, True),
    (PAST_ZONES, {"pastZones": "Skip", "runPolicy": "Recurring"}, True),
    (PAST_ZONES, {"pastZones": "Skip", "runPolicy": "Once"}, False),
    (SAME_INSTANT, {"startMode": "ContactLocal"}, True),
    (SAME_INSTANT, {"startMode": "ContactLocal", "timeZone": "Etc/UTC"}, False),
    (SAME_INSTANT, {"startMode": "SameInstant"}, True),
    (SAME_INSTANT, {"startMode": "SameInstant", "timeZone": "Etc/UTC"}, True),
    (URL, "https://hooks.example.com/cx", True),
    (URL, "https://hooks.example.com", True),
    (URL, "https://hooks.example.com:8443/cx?a=b&c=%zz", True),
    (URL, "https://hooks.example.com:/cx", True),
    (URL, "https://hooks.example.com?x", True),
    (URL, "https://hooks.example.com/a@b", True),
    (URL, "https://hooks.example.com/a b", True),
    (URL, "https://hooks.example.com/a#b", True),
    (URL, "https://[2001:db8::1]/cx", True),
    (URL, "https://[2001:db8::1]:8443/cx", True),
    (URL, "https://[fe80::1%25eth0]/cx", True),
    (URL, "https://b\u00fccher.example/", True),
    (URL, "https://%c3%bc.example/", True),
    (URL, "https://a!$&'()*+,;=<>\"b/", True),
    (URL, "https://a]b/", True),
    (URL, "https://[::1%2]/", False),
    (URL, "https://a[b/", False),
    (URL, "http://hooks.example.com/cx", False),
    (URL, "HTTPS://hooks.example.com/cx", False),
    (URL, "hooks.example.com/cx", False),
    (URL, "https:hooks.example.com", False),
    (URL, "https://", False),
    (URL, "https:///cx", False),
    (URL, "https://user@hooks.example.com/", False),
    (URL, "https://user:word@hooks.example.com/", False),
    (URL, "https://hooks.example.com#part", False),
    (URL, "https://hooks.example.com:port/", False),
    (URL, "https://hooks.example.com:1:2/", False),
    (URL, "https://hooks example.com/", False),
    (URL, "https://hooks.example.com/%zz", False),
    (URL, "https://hooks.example.com/%4", False),
    (URL, "https://%41.example.com/", False),
    (URL, "https://hooks.example.com/a\tb", False),
    (URL, "https://hooks.example.com/a\nb", False),
    (URL, "https://hooks.example.com/\x7f", False),
    (URL, "https://[2001:db8::1/cx", False),
    (URL, "https://[not-an-address]/cx", False),
    (URL, "https://a{b}/", False),
    (URL, "https://a\\b/", False),
    (URL, " https://hooks.example.com/", False),
    (URL, "", False),
]

COLUMN_CASES: list[tuple[str, bool]] = [
    ("id", True),
    ("i", True),
    ("Contact ID", True),
    ("id\u00a0", True),
    (" id", False),
    ("id ", False),
    ("id\n", False),
    ("\tid", False),
    ("a\nb", False),
    (" ", False),
    ("", False),
]

CRON_CASES: list[tuple[str, bool]] = [
    ("0 9 * * 1-5", True),
    (" \t0\t9 * * MON,tue-FRI/2 \t", True),
    ("*/15 9-17/2 1,15 JAN-mar *", True),
    ("@daily", True),
    (" @yearly ", True),
    ("99 99 99 99 99", True),
    ("*-5 * * * *", True),
    ("0 9 * *", False),
    ("0 0 9 * * 1", False),
    ("0 9 * * 1-5\n", False),
    ("0 9\n* * 1", False),
    ("0 9 ? * 1", False),
    ("0 9 L * *", False),
    ("0 9 1W * *", False),
    ("0 9 * * 1#2", False),
    ("H 9 * * *", False),
    ("1,,2 9 * * *", False),
    ("@Daily", False),
    ("@every 5m", False),
    ("TZ=UTC 0 9 * * *", False),
    ("\u0660 9 * * *", False),
    ("", False),
]
