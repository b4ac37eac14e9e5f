select id, day, amount from {{ source('raw', 'orders') }} where day = '{{ var("day") }}'
