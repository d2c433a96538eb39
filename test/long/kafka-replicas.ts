import t from 'tap'
import { testScenarios } from '../kafka/test-scenarios.ts'

await testScenarios(t, 'replicas')
