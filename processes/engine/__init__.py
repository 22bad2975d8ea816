"""Carries rules out in memory: order, context, values, state of the forms, trace. Pure."""
