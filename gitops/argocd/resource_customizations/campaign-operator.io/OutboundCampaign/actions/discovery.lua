-- The actions that a person can take, each disabled while it would change nothing.

local is_suspended = obj.spec.suspend == true
local is_deleted = obj.metadata.deletionTimestamp ~= nil

local has_held_windows = false
for _, run in ipairs((obj.status or {}).runs or {}) do
  for _, window in ipairs(run.windows or {}) do
    has_held_windows = has_held_windows or window.state == "Held"
  end
end

local function action(name, icon, is_enabled)
  return { displayName = name, iconClass = "fa fa-fw " .. icon, disabled = is_deleted or not is_enabled }
end

return {
  ["suspend"] = action("Suspend: cancel what has not started", "fa-pause-circle", not is_suspended),
  ["resume"] = action("Resume", "fa-play-circle", is_suspended),
  ["look-again"] = action("Look again now", "fa-sync", true),
  ["resubmit-held"] = action("Resubmit held windows: the dialer has no schedule", "fa-redo", has_held_windows),
  ["abandon-held"] = action("Abandon held windows: do not call", "fa-ban", has_held_windows),
}
