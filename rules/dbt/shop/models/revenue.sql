select o.day, sum(p.paid) as paid, sum(o.amount) - sum(p.paid) as open
from {{ ref('stg_orders') }} o join {{ ref('stg_payments') }} p on p.order_id = o.id
where o.day = '{{ var("day") }}'
group by o.day
