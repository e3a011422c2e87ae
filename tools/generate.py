"""Writes the generated files of a checkout, or says which have drifted: `python tools/generate.py [--check]`."""

import sys
from pathlib import Path

from api_reference import render_reference
from argocd_customization import render_customization
from campaign_operator.api.crd import CRD_NAME, render_crd
from campaign_operator.preview.preview_wire import PreviewWire
from campaign_operator.validation.recognized_wire import RecognizedListWire
from campaign_operator.validation.report_wire import ReportWire
from campaign_operator.validation.wire_model import schema_file
from grafana_dashboard import render_dashboard
from kubectl_campaign.status_wire import SeenStatusWire
from metrics_reference import render_page
from remedies import render_remedies

ROOT = Path(__file__).parents[1]
CHART = ROOT / "charts" / "campaign-operator"


def generated() -> dict[Path, str]:
    """Every generated file with what it must hold."""
    crd = render_crd()
    return {
        ROOT / "crds" / f"{CRD_NAME}.yaml": crd,
        CHART / "templates" / "customresourcedefinition.yaml": chart_template(crd),
        CHART / "monitoring" / "dashboard.json": render_dashboard(),
        ROOT / "gitops" / "argocd" / "argocd-cm.yaml": render_customization(),
        ROOT / "docs" / "api.md": render_reference(),
        ROOT / "docs" / "contacts.schema.json": schema_file(RecognizedListWire),
        ROOT / "docs" / "kubectl-campaign-status.schema.json": schema_file(SeenStatusWire),
        ROOT / "docs" / "monitoring.md": render_page(),
        ROOT / "docs" / "preview.schema.json": schema_file(PreviewWire),
        ROOT / "docs" / "validate.schema.json": schema_file(ReportWire),
        ROOT / "operator" / "kubectl_campaign" / "remedies.json": render_remedies(),
    }


def chart_template(crd: str) -> str:
    """The CustomResourceDefinition as a template of the chart: an upgrade ignores the folder that Helm has for them."""
    name = f"  name: {CRD_NAME}\n"
    head, _, body = crd.partition(name)
    if not body or "{{" in crd:
        raise ValueError(f"{CRD_NAME} must stand once in the metadata, and nothing in braces, which Helm would fill")
    metadata = (
        "  # With the definition every campaign would go, whoever uninstalls what.\n"
        "  annotations:\n"
        "    helm.sh/resource-policy: keep\n"
        "  labels:\n"
        '    {{- include "campaign-operator.labels" . | nindent 4 }}\n'
    )
    return f"{{{{- if .Values.crds.enabled }}}}\n{head}{name}{metadata}{body}{{{{- end }}}}\n"


def drifted() -> dict[Path, str]:
    """The generated files that are missing or differ, with what they must hold."""
    return {path: text for path, text in generated().items() if not path.exists() or path.read_text() != text}


def main(check: bool) -> int:
    """0 where all files are, or now are, as they must be; 1 where one has drifted."""
    stale = drifted()
    for path, text in stale.items():
        if check:
            print(f"{path.relative_to(ROOT)} has drifted; run `make generate`", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(f"wrote {path.relative_to(ROOT)}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
