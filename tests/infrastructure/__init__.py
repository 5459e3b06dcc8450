"""The world in which tests run: databases, a mail server, a browser, a certificate, and no way out."""
