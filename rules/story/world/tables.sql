-- What the business looks at.
create table results (
    campaign text, day date, ad int, clicks int not null, cost numeric not null,
    primary key (campaign, day, ad)
);
-- Somebody else's: what a click costs, by ad and day.
create table prices (day date, ad int, price numeric not null, primary key (day, ad));
