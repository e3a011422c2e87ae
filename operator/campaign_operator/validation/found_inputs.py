"""What a campaign is planned from beside its spec, found without a cluster: contact lists, a calendar and policies.

Owns where they are looked for: in what a person gave for them, else in the ConfigMaps and Secrets among the manifests.
What is not there was not checked, which is said. What is wrong in a list or a calendar is told in its own file if it
is one, else at the reference to it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from campaign_operator.api.contacts_spec import ContactsFromSource
from campaign_operator.api.references import ConfigMapKeyRef, ObjectKind, SecretKeyRef, named
from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.domain.calendars.calendar_reading import read_calendar
from campaign_operator.domain.contacts.contact_list import ContactCount, ContactError, ListSource
from campaign_operator.domain.contacts.contact_reading import read_contact_lists
from campaign_operator.domain.errors import InvalidSpecError
from campaign_operator.domain.planning.calling_hours import HoursPolicy
from campaign_operator.domain.planning.date_set import NO_DATES, DateSet
from campaign_operator.domain.planning.read_inputs import ListedContacts, ReadInputs
from campaign_operator.validation.findings import FieldError, FieldPath, Finding, Severity, field_path
from campaign_operator.validation.manifest_objects import MalformedObjectError, ManifestObjects, MissingKeyError
from campaign_operator.validation.policy_file import InvalidPolicyError, policy_name, read_policy
from campaign_operator.validation.supplied import NOTHING_SUPPLIED, Supplied
from campaign_operator.wording import counted

_LISTS: FieldPath = ("spec", "contactsFrom")
_CALENDAR: FieldPath = ("spec", "callingHours", "excludeDatesFrom", "configMapKeyRef")
_POLICY: FieldPath = ("spec", "callingHours", "policyFrom", "configMapKeyRef")
_SOUND = ListedContacts({"Etc/UTC": 1})
"""What stands in for lists that are not known, so that the rest can be checked."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All that a campaign's lists and calendar may be found in."""

    objects: ManifestObjects = field(default_factory=ManifestObjects)
    supplied: Supplied = NOTHING_SUPPLIED


@dataclass(slots=True)
class FoundInputs:
    """What was found. `knows_contacts` False: a stand-in is in their place. `problems` are in the manifest, `findings`
    in other files.
    """

    inputs: ReadInputs
    knows_contacts: bool
    problems: list[FieldError]
    findings: list[Finding]


def find_inputs(
    spec: OutboundCampaignSpec, namespace: str, around: Surroundings, wrong_sources: Collection[str | int] = ()
) -> FoundInputs:
    """The lists and the calendar of a campaign. `wrong_sources`: places in contactsFrom that hold a stand-in. Raises
    NoSourceError where a given file cannot be read.
    """
    search = _Search(namespace, around)
    exclude_dates = search.exclude_dates(spec)
    contacts = search.contacts(spec, wrong_sources) if spec.contacts_from is not None else None
    knows_contacts = spec.contacts_from is None or contacts is not None
    inputs = ReadInputs(contacts if knows_contacts else _SOUND, exclude_dates, search.policies(spec))
    return FoundInputs(inputs, knows_contacts, search.problems, search.findings)


@dataclass(slots=True)
class _Search:
    """Looks for the inputs of one campaign, and notes what is wrong."""

    namespace: str
    around: Surroundings
    problems: list[FieldError] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def contacts(self, spec: OutboundCampaignSpec, wrong_sources: Collection[str | int]) -> ListedContacts | None:
        """The contacts of all lists; None where one is not known or cannot be used."""
        sources = spec.contacts_from or ()
        supplied, limits = self.around.supplied.contacts, self.around.supplied.limits
        if supplied is not None:
            # the first source names the columns
            return self._accepted(supplied.count(sources[0], limits), spec, {}) if 0 not in wrong_sources else None
        lists: list[tuple[ListSource, list[bytes]]] = []
        paths: dict[str, FieldPath] = {}
        for index, source in enumerate(sources):
            found = self._list(source, (*_LISTS, index)) if index not in wrong_sources else None
            if found is not None:
                path, listed, data = found
                lists.append((listed, [data]))
                paths.setdefault(listed.name, path)
        accepted = self._accepted(read_contact_lists(lists, limits), spec, paths) if lists else None
        return accepted if len(lists) == len(sources) else None

    def exclude_dates(self, spec: OutboundCampaignSpec) -> DateSet:
        """The dates of the calendar, as far as they are known."""
        source = spec.calling_hours.exclude_dates_from
        supplied = self.around.supplied.exclude_dates
        if source is None:
            return NO_DATES
        if supplied is not None:
            return self._dates(supplied.read(), supplied.file, source.date_column, None)
        ref = source.config_map_key_ref
        data = self._value(ObjectKind.CONFIG_MAP, ref, _CALENDAR)
        name = named(ObjectKind.CONFIG_MAP, ref.name, ref.key)
        return self._dates(data, name, source.date_column, _CALENDAR) if data is not None else NO_DATES

    def policies(self, spec: OutboundCampaignSpec) -> tuple[HoursPolicy, ...]:
        """The policy that the campaign names, as far as it is known, and the operator's, if one is given."""
        operators = (self.around.supplied.policy,) if self.around.supplied.policy is not None else ()
        source = spec.calling_hours.policy_from
        if source is None:
            return operators
        ref = source.config_map_key_ref
        data = self._value(ObjectKind.CONFIG_MAP, ref, _POLICY)
        if data is None:
            return operators
        file = named(ObjectKind.CONFIG_MAP, ref.name, ref.key)
        try:
            return (read_policy(data, file=file, name=policy_name(ref.name, ref.key)), *operators)
        except InvalidPolicyError as error:
            self.problems += [FieldError(_POLICY, line) for line in str(error).splitlines()]
            return operators

    def _list(self, source: ContactsFromSource, path: FieldPath) -> tuple[FieldPath, ListSource, bytes] | None:
        """Where the list is named, how it is read, and the list."""
        kind, ref = ObjectKind.CONFIG_MAP, source.config_map_key_ref or source.secret_key_ref
        path = (*path, "configMapKeyRef")
        if ref is None:
            self._note_unknown((*path[:-1], "url"), "this command downloads nothing")
            return None
        if source.config_map_key_ref is None:
            kind, path = ObjectKind.SECRET, (*path[:-1], "secretKeyRef")
        data = self._value(kind, ref, path)
        if data is None:
            return None
        quote_values = kind is ObjectKind.CONFIG_MAP
        name = named(kind, ref.name, ref.key)
        listed = ListSource.of(source, name, quote_values=quote_values, list_format=source.format)
        return path, listed, data

    def _value(self, kind: ObjectKind, ref: ConfigMapKeyRef | SecretKeyRef, path: FieldPath) -> bytes | None:
        """What the key holds; None, and noted, where that is not known."""
        found = self.around.objects.find(kind, self.namespace, ref.name)
        if found is None:
            self._note_unknown(
                path, f"these files do not contain the {kind} {ref.name} of the namespace {self.namespace}"
            )
            return None
        if found.earlier is not None:
            message = f"{kind} {ref.name} is in {found.earlier.place} and in {found.place}; the latter is used"
            self.problems.append(FieldError(path, message, Severity.WARNING))
        try:
            return found.value(ref.key)
        except MissingKeyError as error:
            self.problems.append(FieldError((*path, "key"), f"{kind} {ref.name} in {found.place} {error}"))
        except MalformedObjectError as error:
            self.findings.append(error.finding)
        return None

    def _note_unknown(self, path: FieldPath, why: str) -> None:
        severity = Severity.WARNING
        if path == _CALENDAR:
            so = "are not in the preview" if self.around.supplied.needed else "are not checked"
            remedy = f"so the dates {so}; pass them with --exclude-dates FILE"
        elif path == _POLICY:
            severity = Severity.ERROR if self.around.supplied.needed else Severity.WARNING
            so = "and a preview needs the policy" if self.around.supplied.needed else "so the policy is not checked"
            remedy = f"{so}; add the ConfigMap to the files"
        elif self.around.supplied.needed:
            severity, remedy = Severity.ERROR, "and a preview needs the list; pass all lists with --contacts FILE"
        else:
            remedy = "so the list is not checked; pass all lists with --contacts FILE"
        self.problems.append(FieldError(path, f"{why}, {remedy}", severity))

    def _accepted(
        self, count: ContactCount, spec: OutboundCampaignSpec, paths: Mapping[str, FieldPath]
    ) -> ListedContacts | None:
        """The contacts to plan with; None, and noted, where the lists cannot be used. `paths`: of the lists' names that
        are not files.
        """
        try:
            accepted = count.accepted(spec.on_invalid_contact, spec.max_skipped_percent)
        except InvalidSpecError:
            too_many = count.too_many_skipped(spec.on_invalid_contact, spec.max_skipped_percent)
            if too_many is not None:
                self.problems.append(FieldError(field_path(too_many.field), too_many.message))
            for error in count.errors:
                self._note_contact(error, paths.get(error.source))
            if count.unshown_errors:
                message = f"{count.unshown_errors} more errors like these"
                last = count.errors[-1]
                self._note(last.source, 1, message, _LISTS if paths else None, count.unshown_errors)
            return None
        if accepted.invalid:
            left_out = f"{counted(accepted.invalid, 'invalid row')} of the lists skipped"
            message = f"{left_out}; for example, {count.errors[0]}"
            self.problems.append(FieldError(("spec", "onInvalidContact"), message, Severity.WARNING))
        return accepted

    def _note_contact(self, error: ContactError, path: FieldPath | None) -> None:
        column = f"column {error.column}: " if error.column is not None else ""
        message = str(error) if path is not None else f"{column}{error.sentence}"
        self._note(error.source, error.line or 1, message, path, error.rows)

    def _dates(self, data: bytes, name: str, date_column: str, path: FieldPath | None) -> DateSet:
        """The dates of a calendar; what is wrong is noted at `path`, or at its line where that is None."""
        try:
            calendar = read_calendar(data, name, date_column)
        except InvalidSpecError as error:
            for one in error.errors:
                line = one.field.removeprefix(name).removeprefix(", line ")
                self._note(name, int(line or 1), one.message if path is None else str(one), path)
            if error.unshown:
                self._note(name, 1, f"{error.unshown} more errors like these", path, error.unshown)
            return NO_DATES
        if calendar.timed_events:
            message = f"{counted(calendar.timed_events, 'event')} with a time of day skipped; only all-day events count"
            if path is None:
                self.findings.append(Finding(name, 1, "", message, Severity.WARNING))
            else:
                self.problems.append(FieldError(path, f"{name}: {message}", Severity.WARNING))
        return calendar.dates

    def _note(self, file: str, line: int, message: str, path: FieldPath | None, count: int = 1) -> None:
        """An error in a file of its own, or at a path of the manifest."""
        if path is None:
            self.findings.append(Finding(file, line, "", message, count=count))
        else:
            self.problems.append(FieldError(path, message, count=count))
