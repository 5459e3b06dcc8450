"""Judges from outside: what they say of every page. `make audit` brings them (Node and a Java are needed) and asks."""
