"""Whether a manifest would be taken, told without a cluster: by the API server's rules and by the operator's."""
