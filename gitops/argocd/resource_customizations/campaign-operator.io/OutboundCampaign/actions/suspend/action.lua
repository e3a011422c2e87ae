-- Nothing more is submitted, and the operator cancels every schedule that has not started.
obj.spec.suspend = true
return obj
