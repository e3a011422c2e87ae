"""The result of `validate`: every campaign of some sources, checked, and what else was met.

Owns which documents are campaigns, which are passed over, and the order of the findings: by file as given, then by
line. Its JSON form is stable; docs/validate.schema.json describes it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from campaign_operator.api.vocabulary import KIND
from campaign_operator.validation.campaigns import API_VERSION, CheckedCampaign, check_campaign, is_campaign
from campaign_operator.validation.documents import Document, read_documents
from campaign_operator.validation.findings import Finding, Severity, field_text, has_errors
from campaign_operator.validation.nodes import Fields, Items, Node, Scalar, line_at
from campaign_operator.validation.sources import Source


@dataclass(frozen=True, slots=True)
class PlacedCampaign:
    """A campaign and where it stands."""

    file: str
    line: int
    checked: CheckedCampaign


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `documents` counts those that are not empty, `passed_over` those of other kinds."""

    files: int
    documents: int
    passed_over: int
    campaigns: tuple[PlacedCampaign, ...]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """Findings that stop a manifest."""
        return sum(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def warnings(self) -> int:
        """Findings that do not."""
        return len(self.findings) - self.errors


def check_sources(sources: Iterable[Source], now: datetime) -> Report:
    """Everything in the sources, checked as if it were applied at `now`."""
    files = documents = passed_over = 0
    campaigns: list[PlacedCampaign] = []
    findings: list[Finding] = []
    for source in sources:
        files += 1
        if source.error is not None:
            findings.append(Finding(source.file, 1, "", source.error))
            continue
        found: list[Finding] = []
        of_file = 0
        for document in read_documents(source.file, source.text):
            of_file += 1
            found += document.findings
            if document.root is None:
                continue
            for candidate in _objects(document.root):
                outcome = _checked(source, document, candidate, now)
                if outcome is None:
                    passed_over += 1
                elif isinstance(outcome, Finding):
                    found.append(outcome)
                else:
                    campaigns.append(outcome[0])
                    found += outcome[1]
        if of_file == 0 and source.named:
            found.append(Finding(source.file, 1, "", "holds no document; write a manifest into it"))
        documents += of_file
        findings += sorted(found, key=lambda finding: finding.line)
    findings += _told_twice(campaigns)
    return Report(files, documents, passed_over, tuple(campaigns), tuple(findings))


def _objects(root: Node) -> Iterator[Node]:
    """The objects of a document: those of a List one by one, as `kubectl get -o yaml` prints several."""
    kind = root.fields.get("kind") if isinstance(root, Fields) else None
    items = root.fields.get("items") if isinstance(root, Fields) else None
    if isinstance(items, Items) and isinstance(kind, Scalar) and kind.value in ("List", f"{KIND}List"):
        yield from items.items
    else:
        yield root


def _checked(
    source: Source, document: Document, node: Node, now: datetime
) -> tuple[PlacedCampaign, list[Finding]] | Finding | None:
    """The campaign with its findings, or what is wrong with a document that is no object; None for other kinds."""
    if not isinstance(node, Fields):
        message = f"is no object; a manifest is a map with apiVersion: {API_VERSION}, kind: {KIND}, metadata and spec"
        return Finding(source.file, node.line, "", message)
    kind = node.fields.get("kind")
    if not isinstance(kind, Scalar) or not isinstance(kind.value, str) or not kind.value:
        if not source.named and not any(name in node.fields for name in ("apiVersion", "kind", "spec")):
            return None  # a folder may hold more than manifests
        return Finding(source.file, line_at(node, ("kind",)), "kind", f"is missing and required; write {KIND}")
    if not is_campaign(node):
        return None
    checked = check_campaign(node, now)
    findings = [
        Finding(source.file, line_at(node, one.path), field_text(one.path), one.message, one.severity)
        for one in checked.problems
    ]
    broken = has_errors(document.findings)
    if broken:
        checked = CheckedCampaign(checked.ref, None, None, checked.problems)
    return PlacedCampaign(source.file, node.line, checked), findings


def _told_twice(campaigns: Iterable[PlacedCampaign]) -> Iterator[Finding]:
    """The same resource twice, and two resources that would dial the same campaign of the dialer."""
    names: dict[object, PlacedCampaign] = {}
    dialed: dict[object, PlacedCampaign] = {}
    for placed in campaigns:
        ref, spec = placed.checked.ref, placed.checked.spec
        earlier = names.setdefault(ref, placed)
        if earlier is not placed and ref.name:
            message = (
                f"{ref} stands in {earlier.file}, line {earlier.line}, too; where both are applied the later one wins"
            )
            yield Finding(placed.file, placed.line, "metadata.name", message, Severity.WARNING)
        elif spec is not None:
            key = (ref.namespace, spec.connection.secret_ref.name, spec.campaign_id)
            other = dialed.setdefault(key, placed)
            if other is not placed:
                message = (
                    f"{other.checked.ref} in {other.file}, line {other.line}, has the same campaignID and connection; "
                    "only one of the two will be called at a time"
                )
                yield Finding(placed.file, placed.line, "spec.campaignID", message, Severity.WARNING)
