"""Generators of requests that no client sends, and what watches the cloud while they come."""
