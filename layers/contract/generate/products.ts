// Which products are there before the first supplier sends one, and which show what validation does?

/** What a supplier sends; any field may be anything. */
export interface ProductMessage {
  product_id: string
  name: string | null
  price: string | number
  stock: string | number
  source?: string
  category?: string
}

/** The raw zone's sample: text for numbers, a missing name, a price that is none, a repeat. */
export const rawProducts: readonly ProductMessage[] = [
  { product_id: 'P001', name: 'Widget', price: '$19.99', stock: '10', source: 'source_a' },
  { product_id: 'P002', name: 'Gadget', price: '25.00', stock: '5', source: 'source_a' },
  { product_id: 'P003', name: null, price: 'CALL', stock: '-1', source: 'source_b' },
  { product_id: 'P001', name: 'Widget', price: '$19.99', stock: '10', source: 'source_a' }
]

/** The clean zone's sample. */
export const cleanProducts: readonly ProductMessage[] = [
  { product_id: 'P100', name: 'Premium Widget', price: 99.99, stock: 15, category: 'Electronics' },
  { product_id: 'P101', name: 'Standard Gadget', price: 49.99, stock: 30, category: 'Electronics' },
  { product_id: 'P102', name: 'Budget Tool', price: 9.99, stock: 100, category: 'Home' }
]

/** The validation cases: the first is good, each other has one thing wrong. */
export const validationCases: readonly ProductMessage[] = [
  { product_id: 'P999', name: 'Test Widget', price: '$29.99', stock: '50' },
  { product_id: 'P998', name: null, price: '15.00', stock: '20' },
  { product_id: 'P997', name: 'Negative Stock Item', price: '10.00', stock: '-5' },
  { product_id: 'P996', name: 'Quote Item', price: 'CALL FOR PRICE', stock: '10' }
]
