"""The result of `validate`: every campaign of some sources, checked, and what else was met.

Owns which documents are campaigns, which are passed over, and the order of the findings: by file as given, then by
line; lists and calendars come after the manifests. Its JSON form is stable; docs/validate.schema.json describes it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from campaign_operator.api.references import ObjectKind
from campaign_operator.api.vocabulary import KIND
from campaign_operator.validation.campaigns import API_VERSION, CheckedCampaign, check_campaign, is_campaign
from campaign_operator.validation.documents import Document, read_documents
from campaign_operator.validation.findings import Finding, Severity, field_text, has_errors
from campaign_operator.validation.found_inputs import Surroundings
from campaign_operator.validation.manifest_objects import ManifestObjects
from campaign_operator.validation.nodes import Fields, Items, Node, Scalar, line_at
from campaign_operator.validation.sources import Source
from campaign_operator.validation.supplied import NOTHING_SUPPLIED, Supplied

_KINDS_OF_LISTS = ("List", *(f"{kind}List" for kind in (KIND, *ObjectKind)))


@dataclass(frozen=True, slots=True)
class PlacedCampaign:
    """A campaign and where it stands."""

    file: str
    line: int
    checked: CheckedCampaign


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `documents` counts those that are not empty, `passed_over` those that were of no use here."""

    files: int
    documents: int
    passed_over: int
    campaigns: tuple[PlacedCampaign, ...]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """Errors that stop a manifest; a finding may stand for several."""
        return sum(finding.count for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def warnings(self) -> int:
        """Findings that do not."""
        return sum(finding.count for finding in self.findings if finding.severity is Severity.WARNING)


def check_sources(sources: Iterable[Source], now: datetime, supplied: Supplied = NOTHING_SUPPLIED) -> Report:
    """Everything in the sources, checked as if it were applied at `now`. Raises NoSourceError."""
    around = Surroundings(ManifestObjects(), supplied)
    contents = [_read(source, around.objects) for source in sources]
    campaigns: list[PlacedCampaign] = []
    findings: list[Finding] = []
    beside: list[Finding] = []
    for content in contents:
        found = list(content.findings)
        for document, node in content.campaigns:
            checked = check_campaign(node, now, around)
            found += [
                Finding(
                    content.file, line_at(node, one.path), field_text(one.path), one.message, one.severity, one.count
                )
                for one in checked.problems
            ]
            beside += checked.beside
            if has_errors(document.findings):
                checked = CheckedCampaign(checked.ref, None, None, checked.problems)
            campaigns.append(PlacedCampaign(content.file, node.line, checked))
        findings += sorted(found, key=lambda finding: finding.line)
    return Report(
        files=len(contents),
        documents=sum(content.documents for content in contents),
        passed_over=sum(not around.objects.was_used(node) for content in contents for node in content.others),
        campaigns=tuple(campaigns),
        # several campaigns may read the same list
        findings=(*findings, *dict.fromkeys(beside), *_told_twice(campaigns)),
    )


@dataclass(slots=True)
class _Contents:
    """What stands in one source, before any campaign is checked: their lists may stand in a later one."""

    file: str
    documents: int = 0
    campaigns: list[tuple[Document, Fields]] = field(default_factory=list)
    others: list[Node] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def _read(source: Source, objects: ManifestObjects) -> _Contents:
    contents = _Contents(source.file)
    if source.error is not None:
        contents.findings.append(Finding(source.file, 1, "", source.error))
        return contents
    for document in read_documents(source.file, source.text):
        contents.documents += 1
        contents.findings += document.findings
        for node in _objects(document.root) if document.root is not None else ():
            wrong = _no_object(source, node)
            if wrong is not None:
                contents.findings.append(wrong)
            elif isinstance(node, Fields) and is_campaign(node):
                contents.campaigns.append((document, node))
            else:
                contents.others.append(node)
                if isinstance(node, Fields):
                    objects.add(source.file, node)
    if contents.documents == 0 and source.named:
        contents.findings.append(Finding(source.file, 1, "", "is empty; write a manifest into it"))
    return contents


def _objects(root: Node) -> Iterator[Node]:
    """The objects of a document: those of a List one by one, as `kubectl get -o yaml` prints several."""
    kind = root.fields.get("kind") if isinstance(root, Fields) else None
    items = root.fields.get("items") if isinstance(root, Fields) else None
    if isinstance(items, Items) and isinstance(kind, Scalar) and kind.value in _KINDS_OF_LISTS:
        yield from items.items
    else:
        yield root


def _no_object(source: Source, node: Node) -> Finding | None:
    """What is wrong with a document that is no object."""
    if not isinstance(node, Fields):
        message = (
            f"is not an object; a manifest is a map with apiVersion: {API_VERSION}, kind: {KIND}, metadata and spec"
        )
        return Finding(source.file, node.line, "", message)
    kind = node.fields.get("kind")
    if isinstance(kind, Scalar) and isinstance(kind.value, str) and kind.value:
        return None
    if not source.named and not any(name in node.fields for name in ("apiVersion", "kind", "spec")):
        return None  # a folder may hold more than manifests
    return Finding(source.file, line_at(node, ("kind",)), "kind", f"Required value: write {KIND}")


def _told_twice(campaigns: Iterable[PlacedCampaign]) -> Iterator[Finding]:
    """The same resource twice, and two resources that would dial the same campaign of the dialer."""
    names: dict[object, PlacedCampaign] = {}
    dialed: dict[object, PlacedCampaign] = {}
    for placed in campaigns:
        ref, spec = placed.checked.ref, placed.checked.spec
        earlier = names.setdefault(ref, placed)
        if earlier is not placed and ref.name:
            message = f"{ref} is also in {earlier.file}, line {earlier.line}; if both are applied, the later one wins"
            yield Finding(placed.file, placed.line, "metadata.name", message, Severity.WARNING)
        elif spec is not None:
            key = (ref.namespace, spec.connection.secret_ref.name, spec.campaign_id)
            other = dialed.setdefault(key, placed)
            if other is not placed:
                message = (
                    f"{other.checked.ref} in {other.file}, line {other.line}, has the same campaignID and connection; "
                    "only one of them submits schedules at a time"
                )
                yield Finding(placed.file, placed.line, "spec.campaignID", message, Severity.WARNING)
