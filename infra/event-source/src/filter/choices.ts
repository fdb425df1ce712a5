// What does AWS leave open about filters, or say otherwise than its own matcher does? One place for what is chosen here.

export interface FilterChoices {
  /**
   * How a number in a pattern equals one in a record. AWS documents that 300, 300.0 and 3.0e2 are not equal ('text');
   * its published matcher (aws/event-ruler) compares their values ('value').
   */
  equalNumbers: 'text' | 'value'
  /**
   * A record whose value has another format than the pattern wants: text for an object pattern, a JSON object for a text pattern,
   * bytes that are no UTF-8, a tombstone. AWS documents that it "filters on the metadata only" ('metadata'); what AWS was recorded to do
   * is to drop it ('drop': https://github.com/aws-samples/serverless-patterns, lambda-esm-msk-filters-sam, "Results").
   */
  formatMismatch: 'drop' | 'metadata'
}

export const FILTER_CHOICES: FilterChoices = { equalNumbers: 'text', formatMismatch: 'drop' }
