// Which conditions of the template hold? Computed from what references give, as CloudFormation does at the deployment.
import { ConfigurationError, nearest } from './configuration-error'
import { type Conditions, noCondition, resolveReferences, type Template, Unresolved } from './references'
import { isMap, type Settings } from './rules'

const PATH = 'resources.Conditions'

/** Function → how long its list is, at least and at most. */
const counts: Readonly<Record<string, readonly [number, number]>> = {
  'Fn::And': [2, 10],
  'Fn::Equals': [2, 2],
  'Fn::Not': [1, 1],
  'Fn::Or': [2, 10]
}

type Truth = boolean | Unresolved

/**
 * Computes every condition; one that needs what only a deployed stack knows becomes an `Unresolved`.
 * @throws ConfigurationError for the first that CloudFormation refuses
 */
export function conditionsOf(written: Settings, template: Template): Conditions {
  // loops of AWS::LanguageExtensions are no conditions themselves
  const names = Object.keys(written).filter(name => !name.startsWith('Fn::'))
  const computed = new Map<string, Truth>()
  const chain: string[] = []
  const conditions: Conditions = { names, get: name => (names.includes(name) ? named(name) : undefined) }
  const own = { ...template, conditions }

  function named(name: string): Truth {
    const before = computed.get(name)
    if (before !== undefined) return before
    const refuse = (remedy: string) => new ConfigurationError({ path: PATH, key: name }, written[name], remedy)
    if (chain.includes(name)) throw refuse(`It depends on itself: ${[...chain.slice(chain.indexOf(name)), name].join(' → ')}.`)
    chain.push(name)
    const truth = evaluate(written[name], refuse)
    chain.pop()
    const open = truth instanceof Unresolved && truth.kind !== 'undecided'
    const kept = open ? new Unresolved(written[name], `Condition ${name} cannot be computed: ${truth.remedy}`, 'undecided') : truth
    computed.set(name, kept)
    return kept
  }

  function evaluate(expression: unknown, refuse: (remedy: string) => ConfigurationError): Truth {
    const [name = '', ...others] = isMap(expression) ? Object.keys(expression) : []
    const known = ['Condition', ...Object.keys(counts)]
    if (name === '' || others.length > 0) throw refuse(`Set a map with one of ${known.join(', ')}.`)
    const argument = (expression as Settings)[name]
    if (name === 'Condition') {
      const truth = conditions.get(String(argument))
      if (truth === undefined) throw refuse(noCondition(argument, conditions))
      return truth
    }
    const count = Object.hasOwn(counts, name) ? counts[name] : undefined
    if (!count) throw refuse(`${name} is no function of conditions; did you mean ${nearest(name, known)}? Known are ${known.join(', ')}.`)
    const [least, most] = count
    const values = Array.isArray(argument) ? argument : []
    if (values.length < least || values.length > most) {
      throw refuse(`${name} takes a list of length ${least === most ? least : `${least} to ${most}`}.`)
    }
    if (name === 'Fn::Equals') {
      const sides = values.map(value => resolveReferences(value, own))
      const mistake = sides.find(side => side instanceof Unresolved && side.kind === 'mistaken') as Unresolved | undefined
      if (mistake) throw refuse(mistake.remedy)
      return (sides.find(side => side instanceof Unresolved) as Unresolved | undefined) ?? asText(sides[0]) === asText(sides[1])
    }
    const truths = values.map(value => evaluate(value, refuse))
    const open = truths.find(truth => truth instanceof Unresolved)
    if (name === 'Fn::Not') return open ?? !truths[0]
    // one that is false, or true, decides also where another is open
    const decisive = name === 'Fn::Or'
    return truths.includes(decisive) ? decisive : (open ?? !decisive)
  }

  for (const name of names) named(name)
  return conditions
}

/** CloudFormation compares numbers and booleans as texts. */
const asText = (value: unknown) => JSON.stringify(value, (_, item) => (['number', 'boolean'].includes(typeof item) ? String(item) : item))

/**
 * Whether the stack has a resource: its condition holds, or it has none.
 * @param extension what `resources.extensions` has for it: its condition replaces the other
 * @throws ConfigurationError for a condition that there is not, or that cannot be computed
 */
export function isInStack(logicalId: string, extension: { Condition?: unknown } | undefined, template: Template): boolean {
  const isExtended = extension?.Condition !== undefined
  const name = isExtended ? extension.Condition : template.resources[logicalId]?.Condition
  if (name === undefined) return true
  const truth = template.conditions.get(String(name))
  if (typeof truth === 'boolean') return truth
  const place = { path: `resources.${isExtended ? 'extensions' : 'Resources'}.${logicalId}`, key: 'Condition' }
  throw new ConfigurationError(place, name, truth?.remedy ?? noCondition(name, template.conditions))
}
