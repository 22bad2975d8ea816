"""Forms of settings, made from the typed models: properties of fields, dialogs of rules."""
