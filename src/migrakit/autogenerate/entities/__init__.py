"""Declared entities against live ones: canonical form, difference, plan, ops, and how they are written."""
