// Which statement makes each gold table, and which columns has it in Postgres?

import type { CopyType } from '../../layers/store/copy-binary'
import customerRfm from '../../sql/lake/gold-customer-rfm.sql'
import dailyRevenue from '../../sql/lake/gold-daily-revenue.sql'
import productRanking from '../../sql/lake/gold-product-ranking.sql'
import returnRate from '../../sql/lake/gold-return-rate.sql'
import revenueByCountry from '../../sql/lake/gold-revenue-by-country.sql'

export interface GoldTable {
  /** `daily_revenue`: the relation is gold_daily_revenue in the lake and gold.daily_revenue in Postgres. */
  name: string
  statement: string
  /** The order of the rows, and their key in Postgres. */
  key: string[]
  /** The day that a row is about, where its values need the rows of that day alone: then only changed months are computed again. */
  day?: string
  columns: Record<string, CopyType>
}

export const goldTables: readonly GoldTable[] = [
  {
    name: 'daily_revenue',
    statement: dailyRevenue,
    key: ['day'],
    day: 'day',
    columns: {
      day: 'date',
      invoices: 'bigint',
      cancellations: 'bigint',
      items_sold: 'bigint',
      gross_revenue: 'numeric(28,4)',
      cancelled_revenue: 'numeric(28,4)',
      net_revenue: 'numeric(28,4)'
    }
  },
  {
    name: 'revenue_by_country',
    statement: revenueByCountry,
    key: ['country'],
    columns: {
      country: 'text',
      invoices: 'bigint',
      customers: 'bigint',
      items_sold: 'bigint',
      gross_revenue: 'numeric(28,4)',
      cancelled_revenue: 'numeric(28,4)',
      net_revenue: 'numeric(28,4)',
      revenue_share: 'double precision'
    }
  },
  {
    name: 'product_ranking',
    statement: productRanking,
    key: ['stock_code'],
    columns: {
      revenue_rank: 'bigint',
      items_rank: 'bigint',
      stock_code: 'text',
      description: 'text',
      invoices: 'bigint',
      customers: 'bigint',
      items_sold: 'bigint',
      net_items: 'bigint',
      net_revenue: 'numeric(28,4)'
    }
  },
  {
    name: 'customer_rfm',
    statement: customerRfm,
    key: ['customer'],
    columns: {
      customer: 'text',
      last_purchase_day: 'date',
      recency_days: 'integer',
      frequency: 'bigint',
      monetary: 'numeric(28,4)',
      recency_score: 'integer',
      frequency_score: 'integer',
      monetary_score: 'integer',
      rfm: 'integer'
    }
  },
  {
    name: 'return_rate',
    statement: returnRate,
    key: ['stock_code'],
    columns: {
      stock_code: 'text',
      sold_items: 'bigint',
      sold_revenue: 'numeric(28,4)',
      returned_items: 'bigint',
      returned_revenue: 'numeric(28,4)',
      matched_items: 'bigint',
      return_rate: 'double precision',
      matched_return_rate: 'double precision'
    }
  }
]
