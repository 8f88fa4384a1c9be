import { sectionD } from './cases.ts';
import { describeCases } from './describe-cases.ts';

describeCases('D', sectionD);
