"""The simulated dialer: the vendor's REST API as it was specified to us, over real HTTP."""
