import { sectionA } from './cases.ts';
import { describeCases } from './describe-cases.ts';

describeCases('A', sectionA);
