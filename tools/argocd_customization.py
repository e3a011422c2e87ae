"""The patch for Argo CD's ConfigMap `argocd-cm`, made from the files in the layout that Argo CD takes upstream."""

from pathlib import Path

import yaml

from campaign_operator.api.vocabulary import GROUP, KIND

CUSTOMIZATION = Path(__file__).parents[1] / "gitops" / "argocd" / "resource_customizations" / GROUP / KIND

_HEADER = f"""\
# Argo CD's health check and actions for {KIND}, as a patch of its ConfigMap. Generated from
# resource_customizations by `make generate`; do not edit. Apply it where Argo CD runs:
#
#   kubectl patch configmap argocd-cm --namespace argocd --patch-file gitops/argocd/argocd-cm.yaml
"""


class _Block(str):
    """A text that is written as a block, so that a person can read it."""


class _Dumper(yaml.SafeDumper):
    """Writes blocks as blocks."""


def _write_block(dumper: yaml.SafeDumper, text: _Block) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|")


_Dumper.add_representer(_Block, _write_block)


def render_customization() -> str:
    """The patch with every script."""
    actions = CUSTOMIZATION / "actions"
    definitions = [
        {"name": script.parent.name, "action.lua": _Block(script.read_text())}
        for script in sorted(actions.glob("*/action.lua"))
    ]
    offered = {"discovery.lua": _Block((actions / "discovery.lua").read_text()), "definitions": definitions}
    data = {
        f"resource.customizations.health.{GROUP}_{KIND}": _Block((CUSTOMIZATION / "health.lua").read_text()),
        f"resource.customizations.actions.{GROUP}_{KIND}": _Block(_dumped(offered)),
    }
    return _HEADER + _dumped({"data": data})


def _dumped(value: object) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=1000)
