"""`kubectl campaign`: what people ask of campaigns and do to them, from their own terminal.

Owns the commands and their screens. Uses the rights of whoever calls it, and none of the operator's. Must not know the
operator's loop: it reads the resource, and writes what a person could write by `kubectl edit` and `kubectl annotate`.
"""
