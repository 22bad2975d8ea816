"""After a request was sent: to whom, and what happens next."""

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.lib.errors import Missing
from kianda.web.pages import go, page, render_page
from processes.engine.instance_state import COMPLETED, CURRENT
from processes.instances.claim import read_instance
from processes.instances.form_states import form_states
from processes.language.people_refs import user_ref
from processes.record_titles import seen_record, words_with
from processes.rights.instance_rights import InstanceRights
from processes.rights.querysets import startable_designs
from processes.views.common import person
from processes.views.requests.next_steps import people_now, steps_now


@page()
def sent(request: HttpRequest, process_id: str, form: str) -> HttpResponseBase:
    """Say to whom a form was sent; whoever did not send it is led to the record."""
    user = person(request)
    instance, document = read_instance(process_id, user)
    rights = InstanceRights(user, instance, document)
    states = form_states(instance, document)
    state = next((one for one in states if one.form == form), None)
    if state is None or not rights.sees(form):
        words = _("%(process_id)s has no form %(form)s.")
        raise Missing(words % {"process_id": instance.process_id, "form": form})
    if state.status != COMPLETED or state.completed_by != user.username:
        return go(request, "instance", process_id=instance.process_id)
    record = seen_record(instance, user, rights)
    steps, me = steps_now(states, rights, user.username), user_ref(user.username)
    own = next(one for one in document.forms if one.name == form)
    context = {
        "record": record, "instance": instance, "state": state, "steps": steps,
        "people": sorted(people_now(steps), key=lambda one: one.ref != me), "me": me,
        "said": words_with(own.next, record),
        "is_open": any(one.status == CURRENT for one in states),
        "may_start": startable_designs(user).filter(pk=instance.design_id).exists(),
    }  # fmt: skip
    return render_page(request, "requests/sent.html", context)
