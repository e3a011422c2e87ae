-- A new value of the annotation makes the operator look at the campaign again now.
local os = require("os")
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["campaign-operator.io/requestedAt"] = os.date("!%Y-%m-%dT%XZ")
return obj
