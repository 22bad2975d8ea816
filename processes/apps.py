"""Processes: designs, instances, and the rules that run on them."""

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_migrate

from kianda.lib import usage


class ProcessesConfig(AppConfig):
    """Django's entry for the app."""

    name = "processes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the apps below how processes use their objects."""
        from django.contrib.auth.models import Group

        from datasources import ports
        from kianda.accounts.services import recycle_bin
        from kianda.accounts.services.attributes import attribute_titles
        from kianda.accounts.services.directory import names_of
        from kianda.accounts.services.person_data import part_of, register_may
        from kianda.mail import access
        from kianda.mail import ports as mail_ports
        from kianda.messages.kinds import FormAssigned, FormSentBack
        from kianda.messages.lines import register_offers
        from kianda.messages.readers import register_things
        from kianda.web import navigation
        from processes.designs.usage import (
            designs_by_name,
            instances_by_name,
            page_of_instance,
            page_of_process,
            uses_of_attribute,
            uses_of_datasource,
            uses_of_group,
            uses_of_method,
            uses_of_process,
            uses_of_user,
        )
        from processes.files.access import content_for_mail
        from processes.forms.own_records import acts_in_news, process_of_page, rail_processes
        from processes.instances.form_states import how_much_work
        from processes.instances.recycle_bin import INSTANCES
        from processes.language import people
        from processes.library.recycle_bin import DESIGNS
        from processes.listed_values import keep_listed
        from processes.rights.listed import keys_of_runs_seen, process_ids_seen
        from processes.rights.people import forget_group
        from processes.rights.querysets import (
            managed_process_ids,
            processes_told_to,
        )
        from processes.running import answer_conditions, instance_tokens, request_samples
        from processes.running.call_log import call_log
        from processes.start_pages.services import page_of_start_page
        from processes.start_pages.services import uses_of_group as start_pages_of_group

        recycle_bin.register(INSTANCES)
        recycle_bin.register(DESIGNS)
        people.register(people.Directory(names_of, part_of, attribute_titles))
        usage.register("attribute", uses_of_attribute)
        register_may("processes", processes_told_to)
        register_things("instance", process_ids_seen)
        for kind in (FormAssigned, FormSentBack):
            register_offers(kind.slug, acts_in_news)
        usage.register("datasource", uses_of_datasource)
        usage.register("group", uses_of_group)
        usage.register("group", start_pages_of_group)
        usage.register("method", uses_of_method)
        usage.register("user", uses_of_user)
        usage.register("process", uses_of_process)
        usage.register_page("process", page_of_process)
        usage.register_page("instance", page_of_instance)
        usage.register_page("start page", page_of_start_page)
        usage.register_finder("process", designs_by_name)
        usage.register_finder("instance", instances_by_name)
        access.register_managed(managed_process_ids)
        mail_ports.register_files(content_for_mail)
        navigation.register_opener("messages", access.reads_some)
        navigation.register_count("work", how_much_work)
        post_migrate.connect(keep_listed, sender=self, dispatch_uid="keep_listed")
        navigation.register_processes(rail_processes)
        navigation.register_process_here(process_of_page)
        post_delete.connect(
            lambda instance, **_sent: forget_group(instance.name),
            sender=Group, weak=False, dispatch_uid="forget_group",
        )  # fmt: skip
        ports.register(
            call_log=call_log, samples=request_samples, conditions=answer_conditions,
            instance_tokens=instance_tokens, runs_seen=keys_of_runs_seen,
        )  # fmt: skip
