"""Single sign-on with SAML, against a provider that signs as a real one does."""
