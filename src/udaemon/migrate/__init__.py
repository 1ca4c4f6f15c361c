"""Imports what other supervisors read into a manifest."""
