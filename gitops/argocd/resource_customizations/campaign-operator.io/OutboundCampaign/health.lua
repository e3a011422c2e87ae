-- Health of an OutboundCampaign, from its conditions. They follow kstatus, with one exception: a campaign that waits for
-- its next run or runs is Healthy, so a sync wave ends before the campaign does.

local function health(status, message)
  return { status = status, message = message }
end

if obj.metadata.deletionTimestamp ~= nil then
  return health("Progressing", "The campaign is being deleted; the operator cancels its schedules first")
end

local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end

local function is_true(condition)
  return condition ~= nil and condition.status == "True"
end

local ready, stalled = conditions["Ready"], conditions["Stalled"]
if ready == nil or status.observedGeneration ~= obj.metadata.generation then
  return health("Progressing", "Waiting for the operator to look at the campaign")
end
if is_true(stalled) then
  return health("Degraded", stalled.message)
end
if not is_true(ready) then
  return health("Progressing", ready.message)
end
if obj.spec.suspend then
  return health("Suspended", ready.message)
end
return health("Healthy", ready.message)
