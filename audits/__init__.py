"""Judges from outside: what they say of every page. `make audits` brings them (Node and a Java are needed) and asks."""
