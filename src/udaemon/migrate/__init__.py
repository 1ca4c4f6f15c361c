"""From elsewhere: manifests made of what other supervisors read."""
