"""Measurements that anyone can run again. Each says in its own words how."""
