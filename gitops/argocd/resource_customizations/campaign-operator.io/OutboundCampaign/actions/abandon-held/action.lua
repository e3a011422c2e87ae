-- Say of every held window that its contacts are not to be called in this run. Look at the dialer first: a schedule
-- that it has still dials.
local entries = {}
for _, run in ipairs((obj.status or {}).runs or {}) do
  for _, window in ipairs(run.windows or {}) do
    if window.state == "Held" then
      table.insert(entries, run.id .. "/" .. window.timeZone .. "=Abandon")
    end
  end
end
if #entries == 0 then
  error("no window is held", 0)
end
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["campaign-operator.io/resolve"] = table.concat(entries, ",")
return obj
