"""A calling hours policy as it is written: YAML or JSON of the shape of `callingHours`, from a file or a ConfigMap.

Owns what may stand in one, and that every error is told with its line, field and remedy. What cannot be read is no
policy: whoever asked for it must do without calls rather than without the policy. The text may be anybody's, so it is
bounded, and nothing in it stands for more than is written.
"""

from functools import cache

from pydantic import ValidationError

from campaign_operator.api.calling_hours_spec import HoursSpec
from campaign_operator.api.crd import structural_schema_of
from campaign_operator.domain.errors import ERRORS_SHOWN, InvalidSpecError
from campaign_operator.domain.planning.calling_hours import HoursPolicy
from campaign_operator.domain.planning.written_hours import parse_policy
from campaign_operator.validation.documents import read_documents
from campaign_operator.validation.findings import Finding, field_path, field_text
from campaign_operator.validation.nodes import Node, line_at
from campaign_operator.validation.structure import StructuralSchema, StructureCheck

MAX_POLICY_BYTES = 256 * 1024

OPERATORS_POLICY = "the operator's policy"
"""What people are told of the policy that the operator applies to every campaign."""


def policy_name(name: str, key: str) -> str:
    """What people are told of a policy in a ConfigMap."""
    return f"policy {name}/{key}"


class InvalidPolicyError(Exception):
    """What is wrong with a policy; `findings` has at least one. As text: one finding per line, with the line in the
    file where there is one.
    """

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings)
        self.findings = findings

    def __str__(self) -> str:
        lines = [_told(finding) for finding in self.findings[:ERRORS_SHOWN]]
        unshown = len(self.findings) - len(lines)
        return "\n".join([*lines, *([f"and {unshown} more"] if unshown else [])])


def read_policy(data: bytes, *, file: str, name: str) -> HoursPolicy:
    """The policy. `file`: where it stands; `name`: what people are told of it later. Raises InvalidPolicyError."""
    if len(data) > MAX_POLICY_BYTES:
        raise _invalid(file, 1, f"is larger than {MAX_POLICY_BYTES // 1024} KiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid(file, 1 + data[: error.start].count(b"\n"), "is not UTF-8 text") from None
    return _parsed(_root(file, text), file, name)


@cache
def _schema() -> StructuralSchema:
    return structural_schema_of(HoursSpec)


def _root(file: str, text: str) -> Node:
    documents = list(read_documents(file, text, aliases=False))
    wrong = [finding for document in documents for finding in document.findings]
    if wrong:
        raise InvalidPolicyError(wrong)
    if len(documents) > 1:
        raise _invalid(file, documents[1].line, "a policy is one document; remove the others")
    root = documents[0].root if documents else None
    if root is None:
        raise _invalid(file, 1, "is empty; write the hours into it, such as start, end and days")
    return root


def _parsed(root: Node, file: str, name: str) -> HoursPolicy:
    check = StructureCheck()
    value = check.check(root, _schema(), ())
    try:
        if not check.problems:
            return parse_policy(HoursSpec.model_validate(value), name)
        found = [(problem.path, problem.message) for problem in check.problems]
    except ValidationError as error:
        # what the schema lets pass and the model does not
        found = [(one["loc"], one["msg"]) for one in error.errors(include_input=False)]
    except InvalidSpecError as error:
        found = [(field_path(one.field), one.message) for one in error.errors]
        if error.unshown:
            found.append(((), f"{error.unshown} more errors like these"))
    findings = [Finding(file, line_at(root, path), field_text(path), message) for path, message in found]
    raise InvalidPolicyError(sorted(findings, key=lambda finding: finding.line))


def _invalid(file: str, line: int, message: str) -> InvalidPolicyError:
    return InvalidPolicyError([Finding(file, line, "", message)])


def _told(finding: Finding) -> str:
    field = f"{finding.field}: " if finding.field else ""
    return f"{finding.file}, line {finding.line}: {field}{finding.message}"
