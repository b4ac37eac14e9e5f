{# When this run began, by the warehouse's clock. #}
{% macro note_run() %}
    insert into audit.runs values ('{{ invocation_id }}', clock_timestamp())
{% endmacro %}

{# A row for each model that was run: a day for which it has no rows was made all the same. #}
{% macro note_models(results) %}
  {% for result in results if result.node.resource_type == 'model' %}
    insert into audit.model_runs values
      ('{{ invocation_id }}', '{{ result.node.name }}', '{{ var("day") }}', '{{ result.status }}');
  {% endfor %}
{% endmacro %}
