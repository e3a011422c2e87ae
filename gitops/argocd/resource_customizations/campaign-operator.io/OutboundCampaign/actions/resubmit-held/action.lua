-- Say of every held window that the dialer has no schedule of it, and that its contacts are to be called. Look at the
-- dialer first: a window that is submitted twice calls people twice.
local entries = {}
for _, run in ipairs((obj.status or {}).runs or {}) do
  for _, window in ipairs(run.windows or {}) do
    if window.state == "Held" then
      table.insert(entries, run.id .. "/" .. window.timeZone .. "=Resubmit")
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
