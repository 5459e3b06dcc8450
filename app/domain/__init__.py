"""The nouns and their rules. No Flask, no mail, no commit, no clock."""
