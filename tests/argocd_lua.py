"""Argo CD's Lua, as its application controller runs it: Lua 5.1 with the libraries base, package and table, and of `os`
only `time` and `date`. See util/lua/lua.go of Argo CD.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lupa.lua51 import LuaRuntime, lua_type

CUSTOMIZATION = (
    Path(__file__).parents[1] / "gitops/argocd/resource_customizations/campaign-operator.io/OutboundCampaign"
)

_SANDBOX = """
local allowed = {}
for _, name in ipairs({"assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget",
    "rawset", "select", "setmetatable", "tonumber", "tostring", "type", "unpack", "table"}) do
  allowed[name] = _G[name]
end
allowed.os = { time = os.time, date = os.date }
allowed.require = function(name)
  if name ~= "os" then
    error("module '" .. name .. "' not found")
  end
  return allowed.os
end
return function(script, obj)
  local chunk = assert(loadstring(script))
  allowed.obj, allowed.actionParams = obj, {}
  return setfenv(chunk, allowed)()
end
"""


def run_lua(script: str, resource: Mapping[str, Any]) -> Any:
    """What a script of Argo CD returns for the resource."""
    runtime = LuaRuntime(unpack_returned_tuples=True)
    run: Any = runtime.execute(_SANDBOX)
    return _from_lua(run(script, _to_lua(runtime, resource)))


def health_of(resource: Mapping[str, Any]) -> dict[str, str]:
    """Status and message, as Argo CD shows them."""
    return dict(run_lua((CUSTOMIZATION / "health.lua").read_text(), resource))


def actions_for(resource: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The actions that Argo CD offers, by name."""
    return dict(run_lua((CUSTOMIZATION / "actions" / "discovery.lua").read_text(), resource))


def acted_upon(resource: Mapping[str, Any], action: str) -> dict[str, Any]:
    """The resource as an action leaves it."""
    return dict(run_lua((CUSTOMIZATION / "actions" / action / "action.lua").read_text(), resource))


def _to_lua(runtime: LuaRuntime, value: Any) -> Any:
    match value:
        case Mapping():
            return runtime.table_from({key: _to_lua(runtime, each) for key, each in value.items()})
        case list():
            return runtime.table_from([_to_lua(runtime, each) for each in value])
        case _:
            return value


def _from_lua(value: Any) -> Any:
    if lua_type(value) != "table":
        return value
    items = {key: _from_lua(each) for key, each in value.items()}
    if items and all(isinstance(key, int) for key in items):
        return [items[number] for number in sorted(items)]
    return items
