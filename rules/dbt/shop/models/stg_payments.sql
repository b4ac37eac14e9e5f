select order_id, day, paid from {{ source('raw', 'payments') }} where day = '{{ var("day") }}'
